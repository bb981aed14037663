import type { Pod } from '@warm-pods/core/api/contracts.ts'
import { lazy, type ReactNode, useId, useState } from 'react'
import { disclosureTrigger } from '@/components/ui/disclosure'
import { cn } from '@/lib/utils'
import { Boundary } from '../components/error-boundary.tsx'
import { retryImport } from '../lib/retry-import.ts'
import { SlotIcon, type SlotIconName } from './slot-icon.tsx'

const SlotDetails = lazy(() => retryImport(() => import('./slot-details.tsx')))

interface Props {
  readonly icon: SlotIconName
  readonly name: string
  readonly word: string
  readonly pod?: Pod | undefined
  readonly own?: boolean
  /** Whether refill saw the pod Ready; undefined for the visitor's own pod, which refill does not check. */
  readonly isReady?: boolean
  readonly time?: ReactNode
  /** The reason why the slot is not warm, below the name. */
  readonly note?: string | undefined
}

/** The columns of a row: icon, name, status, age. */
export const ROW = 'grid grid-cols-[0.875rem_1fr_auto_3.25rem] items-center gap-x-3 px-4'

/** One slot. Pressing the row shows the details of its pod. */
export function SlotRow({ pod, isReady, ...shown }: Props) {
  const [open, setOpen] = useState(false)
  const panel = useId()
  return (
    <li className="border-t">
      {pod ? (
        <button
          type="button"
          {...disclosureTrigger(open, panel, () => setOpen(!open))}
          className={cn(ROW, 'min-h-11 w-full text-left hover:bg-muted')}
        >
          <Line pod={pod} {...shown} />
        </button>
      ) : (
        <div className={cn(ROW, 'min-h-11')}>
          <Line pod={pod} {...shown} />
        </div>
      )}
      {open && pod && (
        <div id={panel}>
          <Boundary>
            <SlotDetails pod={pod} isReady={isReady} />
          </Boundary>
        </div>
      )}
    </li>
  )
}

function Line({ icon, name, word, pod, own = false, time, note }: Omit<Props, 'isReady'>) {
  return (
    <>
      <SlotIcon name={icon} />
      <span
        translate={pod && 'no'}
        className={cn('min-w-0 truncate', own ? 'font-semibold text-pod' : !pod && 'text-muted-foreground')}
      >
        {name}
      </span>
      <span className="text-sm whitespace-nowrap text-muted-foreground">{word}</span>
      <span className="text-right text-sm whitespace-nowrap text-muted-foreground">{time}</span>
      {note && <span className="col-span-3 col-start-2 text-xs text-muted-foreground">{note}</span>}
    </>
  )
}
