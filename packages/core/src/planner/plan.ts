/**
 * The next steps of refill. The plan is pure and level-based: it reads the present state and not the event that triggered
 * refill. Executing the same plan twice changes nothing. The Lambda, the property tests and the page's simulator all use
 * this function.
 */

import type { Limits } from '../limits.ts'
import { heldBackMs } from '../state/refill-row.ts'
import { jobsNamedBy } from '../state/session.ts'
import type { Snapshot } from '../state/snapshot.ts'
import { byJob } from './by-job.ts'
import { planGarbageCollection } from './plan-garbage-collection.ts'
import { planSession } from './plan-session.ts'
import { allSlots, isBeyondTarget, isPathOpen, planSlots } from './plan-slots.ts'
import type { PlanConfig, Step } from './step.ts'

/**
 * The steps towards the target state: all slots WARM with the current specification, no row without a pod and no pod
 * without a row.
 * @param nowMs wall clock, ms since 1970.
 */
export function plan(snapshot: Snapshot, nowMs: number, config: PlanConfig): Step[] {
  const of = byJob(snapshot)
  return [
    ...snapshot.sessions.flatMap((session) =>
      planSession(session, of(jobsNamedBy(session)), nowMs, config.limits),
    ),
    ...planSlots(snapshot, nowMs, config),
    ...planGarbageCollection(snapshot, nowMs, config.limits),
  ]
}

/** True while a change is expected soon, so that refill keeps its lease and reads again. */
export function isWaiting(snapshot: Snapshot, nowMs: number, limits: Limits): boolean {
  // Refill keeps its lease through the first back-off. If it left now, the slot would stay empty until the next trigger.
  const isPaused = heldBackMs(snapshot.refill, nowMs, limits) > limits.refillBackOffMs
  const paths = new Map(snapshot.pods.map(({ path, pod }) => [pod.uid, path]))
  const slotsMove = allSlots(snapshot.slots, limits.target).some((slot) => {
    if (isBeyondTarget(slot, limits.target)) return false
    if (slot.state === 'EMPTY') return !isPaused
    return slot.state !== 'WARM' || isPathOpen(slot, paths.get(slot.pod.uid), nowMs, limits)
  })
  const sessionsMove = snapshot.sessions.some(
    ({ finalized, kill, previousJobs, state }) =>
      !finalized &&
      (state !== 'live' || previousJobs.length > 0 || (kill !== undefined && kill.state !== 'done')),
  )
  return slotsMove || sessionsMove
}
