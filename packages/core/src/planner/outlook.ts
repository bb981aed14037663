/** Whether refill expects a row to change. It decides for how long refill keeps its lease, and which rows it reads again. */
import type { Limits } from '../limits.ts'
import type { PodPath } from '../state/cluster-view.ts'
import { heldBackMs } from '../state/refill-row.ts'
import type { SessionRow } from '../state/session.ts'
import type { Slot } from '../state/slot.ts'
import type { Snapshot } from '../state/snapshot.ts'
import { isBeyondTarget, isPathOpen } from './plan-slots.ts'

/**
 * `rest`: the row is as it shall be. `moves`: a change is expected soon. `held`: the row is not as it shall be, and a change comes only
 * after a pause or a long back-off.
 */
export type Outlook = 'rest' | 'moves' | 'held'

/** Returns the function that gives the outlook of a slot. @param nowMs wall clock, ms since 1970. */
export function slotOutlook(
  refill: Snapshot['refill'],
  nowMs: number,
  limits: Limits,
): (slot: Slot, paths: ReadonlyMap<string, PodPath | undefined>) => Outlook {
  // Refill keeps its lease through the first back-off. If it left now, the slot would stay empty until the next trigger.
  const isPaused = heldBackMs(refill, nowMs, limits) > limits.refillBackOffMs
  return (slot, paths) => {
    if (isBeyondTarget(slot, limits.target)) return slot.state === 'EMPTY' ? 'rest' : 'held'
    if (slot.state === 'EMPTY') return isPaused ? 'held' : 'moves'
    if (slot.state !== 'WARM') return 'moves'
    return isPathOpen(slot, paths.get(slot.pod.uid), nowMs, limits) ? 'moves' : 'rest'
  }
}

/** A session rests while it is live and has left no Job behind, and after it was finalized. */
export function sessionOutlook({ finalized, kill, previousJobs, state }: SessionRow): Outlook {
  const moves = state !== 'live' || previousJobs.length > 0 || (kill !== undefined && kill.state !== 'done')
  return !finalized && moves ? 'moves' : 'rest'
}
