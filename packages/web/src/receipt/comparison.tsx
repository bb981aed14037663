import { cn } from '@/lib/utils'
import { COMPARISON, TIMELINES } from '../copy/chapters.ts'
import { BLANK } from '../lib/format.ts'
import type { Compared, Median } from './compare.ts'
import { median } from './receipt-text.ts'
import { printTimeline, type Timeline, totalOf } from './timelines.ts'

/** On a phone this column is left out; the receipt above has the same numbers. */
const NARROW = 'max-sm:hidden'

/** The medians of the three timelines: of this visit and of all visitors. */
export function Comparison({ rows }: { rows: readonly Compared[] }) {
  return (
    <div className="mt-8 overflow-x-auto">
      <table className="data-table">
        <caption className="eyebrow pb-2 text-left">{COMPARISON.title}</caption>
        <thead>
          <tr className="border-t border-rule">
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
                <MedianCell value={visit} approximate={name !== 'failover'} />
              </td>
              <td>
                <MedianCell value={everyone} approximate note={COMPARISON.everyone[name]} />
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

function MedianCell({
  value: { ms, n },
  approximate,
  note,
}: {
  value: Median
  approximate: boolean
  note?: string
}) {
  return (
    <>
      <span>{`${ms === undefined ? BLANK : median(ms, approximate)} `}</span>
      <span className="whitespace-nowrap text-muted-foreground">{COMPARISON.of(n)}</span>
      {note && <span className="block text-xs text-muted-foreground">{note}</span>}
    </>
  )
}
