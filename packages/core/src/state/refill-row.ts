import type { Limits } from '../limits.ts'
import { remainingMs } from '../time.ts'
import type { Gap } from './observation.ts'
import type { Sizing } from './sizing.ts'

/** The one row that records what refill does. All fields have defaults: without a row, refill has never run. */
export interface RefillRow {
  /** The last pass, also a failed one, wall-clock ms since 1970; absent before the first pass. */
  readonly lastRunAtMs?: number
  /** When the last pass that got an answer from Kubernetes sent its request, wall-clock ms since 1970. */
  readonly confirmedAtMs?: number
  /** When a reader of the pool last triggered refill because of the age of {@link confirmedAtMs}, ms since 1970. */
  readonly confirmRequestedAtMs?: number
  /** The times of the last hour in which refill did not watch the pool, oldest first. */
  readonly gaps: readonly Gap[]
  /**
   * How often a process reported a doubt about the recorded pods. The api Lambda does so when a page lost a pod that no visitor
   * killed, and `npm start` when it starts or stops.
   */
  readonly doubts: number
  /** The value of {@link doubts} that the last pass had read before it asked Kubernetes. */
  readonly doubtsCleared: number
  /** When the last doubt was reported, ms since 1970; absent when none was. */
  readonly doubtedAtMs?: number
  /** Failed passes in a row, without those during a back-off. */
  readonly failures: number
  readonly problem?: string
  /** The owner's pause: refill creates no new Jobs before this, ms since 1970. It may lie as far ahead as the owner likes. */
  readonly pausedUntilMs: number
  /** The back-off after failures: refill creates no new Jobs before this, ms since 1970. */
  readonly backOffUntilMs?: number
  /**
   * Slots from this number on hold no Job. Refill raises it before it reserves a slot beyond, and it never falls. Absent until the
   * first pass of a release that has it: the rows must then be queried.
   */
  readonly slotCount?: number
  /** The size of a pool that follows its arrivals; absent in a pool of a fixed size. */
  readonly sizing?: Sizing
  /** Sessions that had not ended at the last pass. */
  readonly live: number
  /** Version of the Kubernetes API server at the last pass. */
  readonly version?: string
  /** Status of the EKS cluster at the last pass, when it was not ACTIVE. */
  readonly clusterState?: string
  /** Triggers so far that found the lease taken. */
  readonly pendingTriggers: number
}

/** True from a report of a doubt until a pass of refill that began later has compared every row with Kubernetes. */
export function isInDoubt({ doubts, doubtsCleared }: Pick<RefillRow, 'doubts' | 'doubtsCleared'>): boolean {
  return doubts !== doubtsCleared
}

/**
 * How long refill creates no new Jobs for slots, ms: until the end of the owner's pause or of the back-off. 0: it may create
 * them.
 */
export function heldBackMs(
  { backOffUntilMs = 0, pausedUntilMs }: Pick<RefillRow, 'backOffUntilMs' | 'pausedUntilMs'>,
  nowMs: number,
  limits: Limits,
): number {
  return Math.max(0, pausedUntilMs - nowMs, remainingMs(backOffUntilMs, nowMs, limits.refillBackOffMaxMs))
}
