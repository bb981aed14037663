import type { Pod } from '@warm-pods/core/api/contracts.ts'
import { type ReactNode, useState } from 'react'
import { cn } from '@/lib/utils'
import { Shape, type ShapeName } from './slot-icon.tsx'

interface Props {
  readonly shape: ShapeName
  readonly name: string
  readonly word: string
  readonly pod?: Pod | undefined
  readonly mine?: boolean
  readonly time?: ReactNode
  /** What stands in the way, under the name. */
  readonly note?: string | undefined
}

/** One slot: shape, name, word and age, node and zone. The real name is there on demand: the row unfolds. */
export function SlotRow({ pod, ...shown }: Props) {
  const [open, setOpen] = useState(false)
  return (
    <li className="border-b">
      {pod ? (
        <button
          type="button"
          aria-expanded={open}
          onClick={() => setOpen(!open)}
          className="grid w-full grid-cols-[auto_1fr] items-center gap-x-3 px-4 py-1.5 text-left hover:bg-muted"
        >
          <Line pod={pod} {...shown} />
        </button>
      ) : (
        <div className="grid grid-cols-[auto_1fr] items-center gap-x-3 px-4 py-1.5">
          <Line pod={pod} {...shown} />
        </div>
      )}
      {open && pod && <RealName pod={pod} />}
    </li>
  )
}

function Line({ shape, name, word, pod, mine = false, time, note }: Props) {
  return (
    <>
      <Shape name={shape} />
      <span className="flex min-w-0 items-baseline gap-3">
        <span
          className={cn(
            'min-w-0 flex-1 truncate',
            mine ? 'font-semibold text-pod' : !pod && 'text-muted-foreground',
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

function RealName({ pod }: { pod: Pod }) {
  return (
    <dl className="grid grid-cols-[auto_1fr] gap-x-3 gap-y-0.5 px-4 pb-3 pl-[2.625rem] text-xs text-muted-foreground [&_dd]:font-mono [&_dd]:text-foreground">
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
