import { GUARDS, type GuardName } from '../src/guards.ts'
import { playMany } from '../src/seeds.ts'
import type { ReportedViolation } from '../src/worker.ts'

/** The seed that found the violation last time. `npm run simulate -- --guards` measures these seeds. */
const FOUND_AT = {
  sessionBinding: 2,
  claimCondition: 2,
  sessionCreation: 2,
  sessionVersion: 2,
  token: 1,
  reservation: 39,
  orphanAge: 7,
  retirement: 19,
  contention: 2,
  consistentRead: 28,
  wholeRead: 2,
  slotCount: 15,
  staleness: 49,
  warmPath: 4,
  pathAge: 32,
  doubt: 58,
  podReach: 2,
  clockOfLease: 1,
  monotonicStart: 14,
  futureTimes: 112,
  farEnds: 77,
  farLease: 7,
  creationTime: 7,
  unreadableTimes: 1,
  replenishBound: 4,
  claimAhead: 71,
  quotaOfSize: 66,
  idleTime: 2,
  concurrentKill: 28,
  garbageCollection: 2,
  wholeTimes: 4,
} as const satisfies Record<GuardName, number>

/**
 * Removes a guard and returns a violation of its rule. Plays the recorded seed first. Searches the guard's seeds only when
 * that one finds nothing, because any change of the code may change the history of a seed.
 * @returns undefined when no seed within the guard's limit finds the violation.
 */
export async function findViolation(without: GuardName): Promise<ReportedViolation | undefined> {
  const { violates: only, within } = GUARDS[without]
  const recorded = await playMany({ from: FOUND_AT[without], count: 1, without, only }, 1)
  if (recorded.violation) return recorded.violation
  const searched = await playMany({ from: 1, count: within, without, only }, 1)
  return searched.violation
}
