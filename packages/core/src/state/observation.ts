/** The times in which refill has watched the pool. Rates of arrivals are divided by them. */
import type { Limits } from '../limits.ts'
import { ageMs } from '../time.ts'

/** A time in which refill did not watch the pool, wall-clock ms since 1970: before its first pass, or while the stage was off. */
export interface Gap {
  readonly fromMs: number
  readonly untilMs: number
}

/** Statistics of arrivals go back this far at most. */
const KEPT_MS = 3_600_000
/** The row of refill keeps this many gaps. */
const KEPT_GAPS = 8

/**
 * The gaps of the last hour as a pass leaves them. A pass adds one when the pass before it lies longer back than the schedule and
 * one missed trigger explain.
 * @param before as refill's row had it before this pass.
 * @param nowMs when this pass asked Kubernetes, ms since 1970.
 */
export function gapsAfter(
  before: { readonly confirmedAtMs?: number; readonly gaps: readonly Gap[] },
  nowMs: number,
  { refillEveryMs }: Pick<Limits, 'refillEveryMs'>,
): readonly Gap[] {
  const { confirmedAtMs = 0, gaps } = before
  const recent = gaps.filter(({ untilMs }) => ageMs(untilMs, nowMs) < KEPT_MS)
  if (confirmedAtMs > nowMs || nowMs - confirmedAtMs <= 2 * refillEveryMs) return recent
  return [...recent, { fromMs: confirmedAtMs, untilMs: nowMs }].slice(-KEPT_GAPS)
}

/** How long refill has watched the pool between two times, ms. */
export function observedMs(gaps: readonly Gap[], sinceMs: number, nowMs: number): number {
  const missed = gaps.reduce(
    (total, { fromMs, untilMs }) => total + Math.max(0, Math.min(untilMs, nowMs) - Math.max(fromMs, sinceMs)),
    0,
  )
  return Math.max(0, nowMs - sinceMs - missed)
}
