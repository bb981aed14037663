import { cn } from '@/lib/utils'
import { CLOCKS, COMPARISON } from '../copy/chapters.ts'
import { BLANK } from '../lib/format.ts'
import { type Clock, printClock, totalOf } from './clocks-model.ts'
import type { Compared, Median } from './compare.ts'
import { median } from './receipt-text.ts'

/** On a phone this column is left out: the receipt above it says the same. */
const NARROW = 'max-sm:hidden'

/** The three clocks over all kills of the visit, and over everyone's. */
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
                <span className="text-foreground">{CLOCKS.names[name]}</span>
              </th>
              <td className={NARROW}>
                {newest.is === 'lived' || newest.is === 'measured' ? totalIn(newest) : BLANK}
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

function totalIn(clock: Exclude<Clock, { is: 'unknown' }>): string {
  return printClock(clock.legs, totalOf(clock) ?? 0).total
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
      {ms === undefined ? BLANK : median(ms, approximate)}{' '}
      <span className="whitespace-nowrap text-muted-foreground">{COMPARISON.of(n)}</span>
      {note && <span className="block text-xs text-muted-foreground">{note}</span>}
    </>
  )
}
