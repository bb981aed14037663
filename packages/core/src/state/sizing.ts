/** The size of a pool that follows its arrivals, as refill's row records it. */
import type { Limits } from '../limits.ts'

/** Why the pool has its size. `limit`: the forecast asks for more than `targetMax`. `quota`: the quota has no room for more. */
export const SIZE_REASONS = ['floor', 'arrivals', 'falling', 'limit', 'quota'] as const
export type SizeReason = (typeof SIZE_REASONS)[number]

/** The size of the pool, as refill's row records it. */
export interface Sizing {
  readonly target: number
  readonly reason: SizeReason
  /** When the forecast last asked for this many slots, or the size last changed: wall-clock ms since 1970. */
  readonly neededAtMs: number
  readonly arrivalsPerMinute: number
  /** Mean start of a pod, ms; absent before the first timed start. */
  readonly startMs?: number
}

/** True when the size of the pool follows its arrivals. */
export function isSized({ target, targetMax }: Pick<Limits, 'target' | 'targetMax'>): boolean {
  return targetMax > target
}

/** The largest number of slots that the pool may have. */
export function largestTarget({ target, targetMax }: Pick<Limits, 'target' | 'targetMax'>): number {
  return Math.max(target, targetMax)
}

/** The number of slots that refill keeps filled. @param sizing as refill's row records it; undefined before the first pass. */
export function currentTarget(
  sizing: Sizing | undefined,
  limits: Pick<Limits, 'target' | 'targetMax'>,
): number {
  if (!isSized(limits)) return limits.target
  return Math.min(limits.targetMax, Math.max(limits.target, sizing?.target ?? limits.target))
}
