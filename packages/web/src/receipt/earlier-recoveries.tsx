import { RECEIPT } from '../copy/chapters.ts'
import { HOW, RECOVER } from '../copy/first-paint.ts'
import { duration } from '../lib/format.ts'
import type { Recovery } from '../visit/state/recovery.ts'

/** One line for each recovery before the newest, with its leg `told` and its total. */
export function EarlierRecoveries({ recoveries }: { recoveries: readonly Recovery[] }) {
  return (
    <div className="overflow-x-auto">
      <table className="data-table">
        <caption className="sr-only">{RECEIPT.earlier(recoveries.length)}</caption>
        <thead>
          <tr>
            {RECEIPT.earlierColumns.map((column) => (
              <th key={column} scope="col">
                {column}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {recoveries.map(({ epoch, outage, legs, totalMs }) => (
            <tr key={`${outage.of.id} ${epoch}`} className="border-t">
              <td>{outage.of.pod.alias}</td>
              <td>{outage.how ? HOW[outage.how].label : RECEIPT.byItself}</td>
              <td>{RECOVER[outage.recover].label}</td>
              <td>{duration(legs.find(({ name }) => name === 'told')?.ms ?? 0)}</td>
              <td>{duration(totalMs)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}
