import type { PoolReading } from './pool-poller.ts'
import type { VisitEvent } from './state/visit-event.ts'
import type { Visit } from './state/visit-state.ts'

/**
 * Returns an event when this reading shows the pool at its target again after the newest fail-over. The page must have
 * sent its request after the claim. The time is as coarse as the polling, 0.5 s after a kill.
 */
export function poolRecovered(
  { recoveries }: Visit,
  { pool, askedMs }: PoolReading,
): Extract<VisitEvent, { type: 'pool-recovered' }> | undefined {
  const recovery = recoveries[0]
  if (!pool || !recovery || recovery.poolRecoveredMs !== undefined || recovery.outage.recover === 'heal')
    return undefined
  const { claimedMs, atMs } = recovery.outage
  if (claimedMs === undefined || askedMs <= claimedMs) return undefined
  const warm = pool.slots.filter(({ state }) => state === 'warm').length
  return warm >= pool.target
    ? { type: 'pool-recovered', epoch: recovery.epoch, ms: askedMs - atMs }
    : undefined
}
