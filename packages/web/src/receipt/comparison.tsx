import { cn } from '@/lib/utils'
import { COMPARISON, TIMELINES } from '../copy/chapters.ts'
import { BLANK } from '../lib/format.ts'
import type { Compared, Median } from './compare.ts'
import { median } from './receipt-text.ts'
import { printTimeline, type Timeline, type TimelineName, totalOf } from './timelines.ts'

/** On a phone this column is left out; the receipt above has the same numbers. */
const NARROW = 'max-sm:hidden'

/** The medians of the three timelines: of this visit and of all visitors. */
export function Comparison({ rows }: { rows: readonly Compared[] }) {
  return (
    <div className="overflow-x-auto">
      <table className="data-table">
        <caption className="sr-only">{COMPARISON.title}</caption>
        <thead>
          <tr>
            <td />
            {COMPARISON.columns.map((column, i) => (
              <th key={column} scope="col" className={cn(i === 0 && NARROW)}>
                {column}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map(({ name, newest, visit, everyone }) => (
            <tr key={name} className="border-t align-top">
              <th scope="row">
                <span className="text-foreground">{TIMELINES.names[name]}</span>
              </th>
              <td className={NARROW}>
                {newest.is === 'actual' || newest.is === 'measured' ? totalIn(newest) : BLANK}
              </td>
              <td>
                <MedianCell name={name} value={visit} />
              </td>
              <td>
                <MedianCell name={name} value={everyone} note={COMPARISON.everyone[name]} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}

function totalIn(timeline: Exclude<Timeline, { is: 'unknown' }>): string {
  return printTimeline(timeline.legs, totalOf(timeline) ?? 0).total
}

/** @param note what the API reported; missing for this visit's own median. */
function MedianCell({ name, value: { ms, n }, note }: { name: TimelineName; value: Median; note?: string }) {
  return (
    <>
      <span>{`${ms === undefined ? BLANK : median(name, ms, note !== undefined)} `}</span>
      <span className="whitespace-nowrap text-muted-foreground">{COMPARISON.of(n)}</span>
      {note && <span className="block text-xs text-muted-foreground">{note}</span>}
    </>
  )
}
