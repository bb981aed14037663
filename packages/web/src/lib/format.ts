/** Printed in place of a number that is not known yet. */
export const BLANK = '–'

/** A round trip: one decimal under 10 ms, none above (a page's clock has 0.1 ms steps). */
export function millis(ms: number | undefined): string {
  if (ms === undefined) return BLANK
  return ms < 9.95 ? ms.toFixed(1) : String(Math.round(ms))
}

/** Whether a duration, and the legs that add up to it, are printed in milliseconds. */
export function inMillis(ms: number): boolean {
  return ms < 999.5
}

/** A duration with its unit: `62 ms` under a second, `1.58 s` above, whole seconds from 100 s. */
export function duration(ms: number): string {
  if (inMillis(ms)) return `${Math.round(ms)} ms`
  return ms < 99_995 ? `${(Math.round(ms / 10) / 100).toFixed(2)} s` : `${Math.round(ms / 1_000)} s`
}

/** The seconds of a running stopwatch: `3.2 s`. */
export function stopwatch(ms: number, decimals: 0 | 1 | 2 = 1): string {
  return `${(Math.max(0, ms) / 1_000).toFixed(decimals)} s`
}

/** `1:12`. A countdown passes `Math.ceil` as `round`, so that it shows 0:00 only at its end. */
export function minutesAndSeconds(ms: number, round: (s: number) => number = Math.floor): string {
  const seconds = Math.max(0, round(ms / 1_000))
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`
}

/** An age in its largest whole unit: `8 s`, `3 min`, `2 h`. */
export function age(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1_000))
  if (seconds < 60) return `${seconds} s`
  if (seconds < 3_600) return `${Math.floor(seconds / 60)} min`
  return `${Math.floor(seconds / 3_600)} h`
}

/** Whole seconds of the cluster's clock, marked as approximate: `≈ 12 s`. */
export function about(ms: number): string {
  return `≈ ${Math.max(1, Math.round(ms / 1_000))} s`
}

/** A share (0..1) as percent: `0 %`, `0.4 %`, `12 %`. */
export function percent(share: number): string {
  const value = share * 100
  return `${value === 0 || value >= 9.95 ? Math.round(value) : value.toFixed(1)} %`
}

/** `09:05:07`, in the visitor's own zone. By hand: the first use of the browser's formatter takes a phone 150 ms. */
export function timeOfDay(sinceEpochMs: number): string {
  const at = new Date(sinceEpochMs)
  return [at.getHours(), at.getMinutes(), at.getSeconds()]
    .map((part) => String(part).padStart(2, '0'))
    .join(':')
}
