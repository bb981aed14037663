import { useState } from 'react'
import { Disclosure } from '@/components/ui/disclosure'
import { CHART } from '../copy/first-paint.ts'
import type { Frame } from '../probe/protocol.ts'
import { bucketsOf } from './buckets.ts'
import { bucketCell } from './chart-text.ts'

/** The chart as a table of 5-second buckets, computed only while it is open. */
export function BucketTable({ frame }: { frame: Frame | undefined }) {
  const [open, setOpen] = useState(false)
  return (
    <Disclosure
      className="border-t"
      onToggle={setOpen}
      summaryClassName="flex-wrap content-center justify-between max-sm:min-h-14 gap-x-4 px-4 py-2"
      summary={
        <>
          <span className="underline decoration-border underline-offset-4">
            {open ? CHART.hideTable : CHART.table}
          </span>
          <span className="tabular-nums">
            {frame ? CHART.answered(frame.answered, frame.sent) : CHART.noPings}
          </span>
        </>
      }
    >
      {open && frame && (
        <table className="mb-3 w-full text-sm tabular-nums [&_td]:px-4 [&_td]:py-1 [&_th]:px-4 [&_th]:py-1 [&_th]:text-left [&_th]:font-normal [&_th]:text-muted-foreground">
          <thead>
            <tr>
              {CHART.columns.map((column) => (
                <th key={column} scope="col">
                  {column}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {bucketsOf(frame).map(({ endsAgo, medianMs, maxMs, unanswered, due }) => (
              <tr key={endsAgo} className="border-t">
                <th scope="row">{`${endsAgo + 5} to ${endsAgo}`}</th>
                <td>{bucketCell(medianMs)}</td>
                <td>{bucketCell(maxMs)}</td>
                <td>{due === 0 ? bucketCell(undefined) : `${unanswered} of ${due}`}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </Disclosure>
  )
}
