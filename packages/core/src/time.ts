/** Wall-clock `ms` since 1970 as ISO 8601 in UTC, with milliseconds. */
export function toIsoTime(ms: number): string {
  return new Date(ms).toISOString()
}

/** Node runs a longer timer after 1 ms. https://nodejs.org/api/timers.html#settimeoutcallback-delay-args */
const LONGEST_TIMER_MS = 2 ** 31 - 1

/**
 * A duration for an API that takes whole milliseconds, such as AbortSignal.timeout. A remaining time by a monotonic clock
 * has fractions.
 * @returns `ms` rounded up, from 0 to 2,147,483,647.
 */
export function wholeMs(ms: number): number {
  return Math.ceil(Math.min(LONGEST_TIMER_MS, Math.max(0, ms)))
}
