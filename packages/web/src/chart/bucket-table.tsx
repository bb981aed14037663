import { lazy, useState } from 'react'
import { Disclosure } from '@/components/ui/disclosure'
import { Boundary } from '../components/error-boundary.tsx'
import { CHART } from '../copy/first-paint.ts'
import { retryImport } from '../lib/retry-import.ts'
import type { Frame } from '../probe/protocol.ts'

const Buckets = lazy(() => retryImport(() => import('./bucket-rows.tsx')))

/** The chart as a table of 5-second buckets, computed only while it is open. */
export function BucketTable({ frame }: { frame: Frame | undefined }) {
  const [open, setOpen] = useState(false)
  const { answered = 0, due = 0 } = frame?.statistics ?? {}
  return (
    <Disclosure
      className="border-t"
      onToggle={setOpen}
      summaryClassName="flex-wrap content-center justify-between max-sm:min-h-14 gap-x-4 px-4 py-2 lg:pr-24"
      summary={
        <>
          <span className="underline decoration-border underline-offset-4">
            {open ? CHART.hideTable : CHART.table}
          </span>
          <span className="tabular-nums">{due === 0 ? CHART.noPings : CHART.answered(answered, due)}</span>
        </>
      }
    >
      {open && frame && (
        <Boundary>
          <Buckets frame={frame} />
        </Boundary>
      )}
    </Disclosure>
  )
}
