const LONGEST_MS = 2 ** 31 - 1

/**
 * The delay in ms for a timer of Node, which fires after 1 ms when its delay is longer than 24.8 days.
 * https://nodejs.org/api/timers.html#settimeoutcallback-delay-args
 */
export function timerDelay(ms: number): number {
  return Math.min(ms, LONGEST_MS)
}
