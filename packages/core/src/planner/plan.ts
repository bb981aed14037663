/**
 * The next steps of refill. The plan is pure and level-based: it reads the present state and not the event that triggered
 * refill. Executing the same plan twice changes nothing. The Lambda, the property tests and the page's simulator all use
 * this function.
 */

import type { Limits } from '../limits.ts'
import { jobsNamedBy } from '../state/session.ts'
import type { Snapshot } from '../state/snapshot.ts'
import { byJob } from './by-job.ts'
import { sessionOutlook, slotOutlook } from './outlook.ts'
import { planGarbageCollection } from './plan-garbage-collection.ts'
import { planSession } from './plan-session.ts'
import { allSlots, planSlots } from './plan-slots.ts'
import type { PlanConfig, Step } from './step.ts'

/**
 * The steps towards the target state: all slots WARM with the current specification, no row without a pod and no pod
 * without a row. A partial snapshot gets the steps of its slots and sessions alone. It has no garbage collection, and
 * rotates only slots that a whole one has chosen.
 * @param nowMs wall clock, ms since 1970.
 */
export function plan(snapshot: Snapshot, nowMs: number, config: PlanConfig): Step[] {
  const of = byJob(snapshot)
  return [
    ...snapshot.sessions.flatMap((session) =>
      planSession(session, of(jobsNamedBy(session)), nowMs, config.limits),
    ),
    ...planSlots(snapshot, nowMs, config),
    ...(snapshot.isPartial ? [] : planGarbageCollection(snapshot, nowMs, config.limits)),
  ]
}

/** True while a change is expected soon, so that refill keeps its lease and reads again. */
export function isWaiting(snapshot: Snapshot, nowMs: number, limits: Limits): boolean {
  const paths = new Map(snapshot.pods.map(({ path, pod }) => [pod.uid, path]))
  const outlookOf = slotOutlook(snapshot.refill, nowMs, limits)
  return (
    allSlots(snapshot.slots, limits.target).some((slot) => outlookOf(slot, paths) === 'moves') ||
    snapshot.sessions.some((session) => sessionOutlook(session) === 'moves')
  )
}
