import type { Limits } from '../limits.ts'
import { heldBackMs, type RefillRow } from '../state/refill-row.ts'

/** What one pass of refill came to. */
export interface PassOutcome {
  /** `quota`: every failed step was refused by the ResourceQuota. */
  readonly failed: 'no' | 'quota' | 'yes'
  /** True when a slot became WARM. */
  readonly hasWarmed: boolean
  /** True when the pool was at its target before the pass. */
  readonly isPoolWarm: boolean
}

export interface Backoff {
  /** Failed passes in a row, without those during a back-off, to be recorded. */
  readonly failures: number
  /** No new Jobs for slots before this, wall-clock ms since 1970; absent when the back-off stays as it is. */
  readonly backOffUntilMs?: number
}

/**
 * The failure count and the back-off after a pass. The back-off doubles with each failed pass, from `refillBackOffMs` to
 * `refillBackOffMaxMs`.
 *
 * A slot that became WARM resets the count, and a failed pass raises it. Neither happens during a back-off or pause, because those
 * starts began before the failure. So four slots that fail one after the other for one cause count once. A full quota does not raise
 * the count above one, because there is room again as soon as a session ends. A pass without a failure ends the back-off when the
 * pool is at its target. Otherwise the next claim would wait for the rest of it.
 */
export function nextBackoff(
  refill: Pick<RefillRow, 'backOffUntilMs' | 'failures' | 'pausedUntilMs'>,
  { failed, hasWarmed, isPoolWarm }: PassOutcome,
  nowMs: number,
  limits: Limits,
): Backoff {
  const isHeldBack = heldBackMs(refill, nowMs, limits) > 0
  const failures = nextFailures(refill.failures, failed, {
    hasRecovered: hasWarmed && !isHeldBack,
    isHeldBack,
  })
  const recorded = isPoolWarm ? 0 : failures
  if (failed === 'no')
    return isPoolWarm && (refill.backOffUntilMs ?? 0) > nowMs
      ? { failures: recorded, backOffUntilMs: nowMs }
      : { failures: recorded }
  const backOffMs = limits.refillBackOffMs * 2 ** Math.max(0, failures - 1)
  return { failures: recorded, backOffUntilMs: nowMs + Math.min(backOffMs, limits.refillBackOffMaxMs) }
}

function nextFailures(
  before: number,
  failed: PassOutcome['failed'],
  { hasRecovered, isHeldBack }: { readonly hasRecovered: boolean; readonly isHeldBack: boolean },
): number {
  if (hasRecovered) return 0
  switch (failed) {
    case 'no':
      return before
    case 'quota':
      return Math.max(1, before)
    case 'yes':
      return isHeldBack ? Math.max(1, before) : before + 1
    default:
      return failed satisfies never
  }
}
