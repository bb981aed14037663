import { BUCKETS } from '../copy/chapters.ts'
import type { Frame } from '../probe/protocol.ts'
import { bucketsOf } from './buckets.ts'
import { bucketCell } from './chart-text.ts'

/** The open table of {@link BucketTable}. */
export default function Buckets({ frame }: { readonly frame: Frame }) {
  return (
    <table className="mb-3 w-full text-sm tabular-nums [&_td]:px-4 [&_td]:py-1 [&_th]:px-4 [&_th]:py-1 [&_th]:text-left [&_th]:font-normal [&_th]:text-muted-foreground">
      <thead>
        <tr>
          {BUCKETS.columns.map((column) => (
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
            <td>{due === 0 ? bucketCell(undefined) : BUCKETS.unanswered(unanswered, due)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  )
}
