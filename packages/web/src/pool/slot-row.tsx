import type { Pod } from '@warm-pods/core/api/contracts.ts'
import { type ReactNode, useId, useState } from 'react'
import { disclosureTrigger } from '@/components/ui/disclosure'
import { cn } from '@/lib/utils'
import { SlotIcon, type SlotIconName } from './slot-icon.tsx'

interface Props {
  readonly icon: SlotIconName
  readonly name: string
  readonly word: string
  readonly pod?: Pod | undefined
  readonly own?: boolean
  readonly time?: ReactNode
  /** The reason why the slot is not warm, below the name. */
  readonly note?: string | undefined
}

/** One slot: icon, name, state and age, node and zone. Pressing the row shows the real names. */
export function SlotRow({ pod, ...shown }: Props) {
  const [open, setOpen] = useState(false)
  const panel = useId()
  return (
    <li className="border-b">
      {pod ? (
        <button
          type="button"
          {...disclosureTrigger(open, panel, () => setOpen(!open))}
          className="grid w-full grid-cols-[auto_1fr] items-center gap-x-3 px-4 py-1.5 text-left hover:bg-muted"
        >
          <Line pod={pod} {...shown} />
        </button>
      ) : (
        <div className="grid grid-cols-[auto_1fr] items-center gap-x-3 px-4 py-1.5">
          <Line pod={pod} {...shown} />
        </div>
      )}
      {open && pod && <RealName id={panel} pod={pod} />}
    </li>
  )
}

function Line({ icon, name, word, pod, own = false, time, note }: Props) {
  return (
    <>
      <SlotIcon name={icon} />
      <span className="flex min-w-0 items-baseline gap-3">
        <span
          translate={pod && 'no'}
          className={cn(
            'min-w-0 flex-1 truncate',
            own ? 'font-semibold text-pod' : !pod && 'text-muted-foreground',
          )}
        >
          {name}
        </span>
        <span className="text-sm whitespace-nowrap text-muted-foreground">{word}</span>
      </span>
      <span className="col-start-2 flex min-h-4 min-w-0 gap-3 text-xs text-muted-foreground">
        <span className="min-w-0 flex-1 truncate">{pod ? `${pod.zone} · ${pod.node}` : note}</span>
        {time}
      </span>
    </>
  )
}

function RealName({ id, pod }: { id: string; pod: Pod }) {
  return (
    <dl
      id={id}
      className="grid grid-cols-[auto_1fr] gap-x-3 gap-y-0.5 px-4 pb-3 pl-[2.625rem] text-xs text-muted-foreground [&_dd]:font-mono [&_dd]:text-foreground"
    >
      <dt>pod</dt>
      <dd>{pod.name}</dd>
      <dt>uid</dt>
      <dd>{pod.uid}</dd>
      <dt>node</dt>
      <dd>{pod.node}</dd>
      <dt>address</dt>
      <dd>{pod.ip}</dd>
    </dl>
  )
}
