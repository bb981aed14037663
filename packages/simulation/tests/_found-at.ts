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
  reservation: 5,
  orphanAge: 12,
  retirement: 42,
  contention: 2,
  consistentRead: 28,
  wholeRead: 2,
  slotCount: 3,
  staleness: 12,
  warmPath: 4,
  pathAge: 32,
  doubt: 29,
  podReach: 4,
  clockOfLease: 1,
  monotonicStart: 9,
  futureTimes: 79,
  farEnds: 80,
  farLease: 25,
  creationTime: 67,
  unreadableTimes: 1,
  replenishBound: 41,
  claimAhead: 71,
  quotaOfSize: 66,
  idleTime: 2,
  concurrentKill: 11,
  garbageCollection: 12,
  wholeTimes: 11,
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
