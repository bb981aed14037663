/**
 * Full jitter over the whole wait: `random(0, min(cap, base·2^n))` (AWS Architecture Blog, "Exponential backoff and
 * jitter"). Jitter added to a capped wait would send everybody back at the same moment.
 * @param failures how many tries failed so far, 1 or more. @param random 0 to 1. @returns ms.
 */
export function backoffMs(failures: number, random: number, baseMs = 400, capMs = 8_000): number {
  return random * Math.min(capMs, baseMs * 2 ** failures)
}
