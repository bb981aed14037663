import type { PoolReading } from './pool-poller.ts'
import type { Visit } from './reducer.ts'
import type { VisitEvent } from './visit-event.ts'

/**
 * Whether this reading of the pool shows it whole again after the newest fail-over: asked for after the warm pod was
 * taken, and as many warm as the target. The time is as coarse as the polling, 0.5 s after a kill.
 */
export function wholeAgain(
  { kills }: Visit,
  { pool, askedMs }: PoolReading,
): Extract<VisitEvent, { type: 'whole' }> | undefined {
  const kill = kills[0]
  if (!pool || !kill || kill.wholeMs !== undefined || kill.outage.recover === 'heal') return undefined
  const { claimedMs, atMs } = kill.outage
  if (claimedMs === undefined || askedMs <= claimedMs) return undefined
  const warm = pool.slots.filter(({ state }) => state === 'warm').length
  return warm >= pool.target ? { type: 'whole', epoch: kill.epoch, ms: askedMs - atMs } : undefined
}
