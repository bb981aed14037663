import { POOL } from '../copy/first-paint.ts'
import type { PoolReading } from '../visit/pool-poller.ts'
import { podOf } from '../visit/state/phase.ts'
import type { Visit } from '../visit/state/visit-state.ts'
import { isDying, isLarge, slotIcon, warmCount, withoutOwnPod } from './pool-model.ts'
import { SlotIcon } from './slot-icon.tsx'

/** The visitor's pod and the slots of the pool as one row of squares, for phones: the panel is below the first screen there. */
export function PoolStrip({ reading, visit }: { reading: PoolReading; visit: Visit }) {
  const own = podOf(visit.phase)
  const pool = reading.pool && withoutOwnPod(reading.pool, own)
  const isPast = reading.silentSinceMs !== undefined
  return (
    <p className="flex h-8 items-center gap-2 text-sm text-muted-foreground lg:hidden print:hidden">
      {own && (
        <>
          <SlotIcon name={isDying(visit.phase) ? 'dying' : 'yours'} className="size-6" />
          <span className="pr-3">{POOL.yours}</span>
        </>
      )}
      {pool &&
        !isLarge(pool) &&
        pool.slots.map((slot) => (
          <SlotIcon key={slot.slot} name={slotIcon(slot, isPast, own)} className="size-6" />
        ))}
      <span>{POOL.count(pool && !isPast ? warmCount(pool) : undefined, pool?.target)}</span>
    </p>
  )
}
