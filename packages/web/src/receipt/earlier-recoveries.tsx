import { RECEIPT } from '../copy/chapters.ts'
import { HOW, RECOVER } from '../copy/first-paint.ts'
import { duration } from '../lib/format.ts'
import type { Recovery } from '../visit/state/recovery.ts'

/** One line for each recovery before the newest, with its leg `told` and its total. */
export function EarlierRecoveries({ recoveries }: { recoveries: readonly Recovery[] }) {
  return (
    <div className="mt-8 overflow-x-auto">
      <table className="data-table">
        <caption className="eyebrow pb-2 text-left">{RECEIPT.earlier}</caption>
        <thead>
          <tr className="border-t">
            <th scope="col">Pod</th>
            <th scope="col">Died</th>
            <th scope="col">Then</th>
            <th scope="col">Told</th>
            <th scope="col">Recovery</th>
          </tr>
        </thead>
        <tbody>
          {recoveries.map(({ epoch, outage, legs, totalMs }) => (
            <tr key={`${outage.of.id} ${epoch}`} className="border-t">
              <td>{outage.of.pod.alias}</td>
              <td>{outage.how ? HOW[outage.how].label : 'by itself'}</td>
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
