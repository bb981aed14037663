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

/**
 * Two clocks that disagree by more than this are not both right. Amazon Time Sync keeps a Lambda's clock within milliseconds:
 * https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/set-time.html
 */
export const MAX_CLOCK_SKEW_MS = 60_000

/**
 * The age of a time that a process has recorded by its own clock. It is negative when that clock is ahead.
 * @param recordedMs wall clock, ms since 1970, as `nowMs`.
 * @returns milliseconds; Infinity for a time so far ahead that it cannot be right. Every time limit then counts as over,
 *   instead of starting hours later.
 */
export function ageMs(recordedMs: number, nowMs: number): number {
  const age = nowMs - recordedMs
  return age < -MAX_CLOCK_SKEW_MS ? Number.POSITIVE_INFINITY : age
}

/**
 * The time until an end that a process has recorded by its own clock.
 * @param endsAtMs wall clock, ms since 1970, as `nowMs`.
 * @param longestMs the longest time until that end which any code sets.
 * @returns milliseconds; 0 when the end has passed, or lies so far ahead that it cannot be right.
 */
export function remainingMs(endsAtMs: number, nowMs: number, longestMs: number): number {
  const left = endsAtMs - nowMs
  return left > longestMs + MAX_CLOCK_SKEW_MS ? 0 : Math.max(0, left)
}
