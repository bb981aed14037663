import { TIMELINES } from '../copy/chapters.ts'
import { nowMs } from '../lib/clock.ts'
import type { Refill } from '../pool/slot-starts.ts'
import type { Recovery } from '../visit/state/recovery.ts'
import { Swatch } from './duration-bar.tsx'
import { legName, legWhy } from './receipt-text.ts'
import { type TimelineLeg, timelinesOf } from './timelines.ts'

/** Why each leg of the three timelines took its time, one line for each name. */
export function LegReasons({ recovery, refill }: { recovery: Recovery; refill: Refill }) {
  const legs = timelinesOf(recovery, refill, nowMs()).flatMap((timeline): readonly TimelineLeg[] =>
    timeline.is === 'unknown' ? [] : timeline.legs,
  )
  const named = [...new Map(legs.map((leg) => [leg.name, leg])).values()]
  return (
    <dl aria-label={TIMELINES.why} className="grid grid-cols-[auto_1fr] gap-x-4 gap-y-1 text-sm">
      {named.map((leg) => (
        <div key={leg.name} className="contents">
          <dt className="flex items-center gap-2">
            <Swatch name={leg.name} />
            <span>{legName(leg)}</span>
          </dt>
          <dd className="text-muted-foreground">{legWhy(leg, recovery)}</dd>
        </div>
      ))}
    </dl>
  )
}
