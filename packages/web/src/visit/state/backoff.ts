/**
 * Returns a wait with full jitter, ms: `random(0, min(cap, base·2^n))` (AWS Architecture Blog, "Exponential backoff and
 * jitter"). Jitter on top of a capped wait would let all pages retry at the same moment.
 * @param failures failed tries so far, 1 or more. @param random 0..1.
 */
export function backoffMs(failures: number, random: number, baseMs = 400, capMs = 8_000): number {
  return random * Math.min(capMs, baseMs * 2 ** failures)
}
