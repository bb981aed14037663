import { GUARDS, type GuardName } from '../src/guards.ts'
import { playMany } from '../src/seeds.ts'
import type { ReportedViolation } from '../src/worker.ts'

/** The seed that found the violation last time. `npm run simulate -- --guards` measures these seeds. */
const FOUND_AT = {
  sessionBinding: 14,
  claimCondition: 14,
  sessionCreation: 1,
  sessionVersion: 2,
  token: 1,
  reservation: 39,
  orphanAge: 1,
  retirement: 43,
  contention: 62,
  consistentRead: 30,
  wholeRead: 2,
  everyPartition: 2,
  slotCount: 1,
  staleness: 50,
  warmPath: 6,
  pathAge: 2,
  doubt: 43,
  podReach: 20,
  clockOfLease: 1,
  monotonicStart: 58,
  futureTimes: 80,
  farEnds: 58,
  farLease: 1,
  creationTime: 143,
  unreadableTimes: 2,
  replenishBound: 20,
  claimAhead: 126,
  quotaOfSize: 66,
  pendingWork: 7,
  crashedLease: 7,
  rotation: 1,
  idleTime: 2,
  concurrentKill: 4,
  garbageCollection: 1,
  wholeTimes: 1,
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
