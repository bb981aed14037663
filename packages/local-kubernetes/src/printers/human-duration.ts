/** Durations as kubectl prints them: two or three significant figures (k8s.io/apimachinery/pkg/util/duration). */

import { millisOf } from '../rfc3339.ts'

const whole = (ms: number, unitMs: number): number => Math.floor(ms / unitMs)
const join = (big: number, bigUnit: string, small: number, smallUnit: string): string =>
  small === 0 ? `${big}${bigUnit}` : `${big}${bigUnit}${small}${smallUnit}`

/** Formats ms as `95s`, `4m3s`, `25m`, `3h5m`, `2d4h`, `40d` or `3y12d`. */
export function humanDuration(ms: number): string {
  const seconds = Math.trunc(ms / 1000)
  if (seconds < -1) return '<invalid>'
  if (seconds < 0) return '0s'
  if (seconds < 120) return `${seconds}s`
  const minutes = whole(ms, 60_000)
  if (minutes < 10) return join(minutes, 'm', seconds % 60, 's')
  if (minutes < 180) return `${minutes}m`
  const hours = whole(ms, 3_600_000)
  if (hours < 8) return join(hours, 'h', minutes % 60, 'm')
  if (hours < 48) return `${hours}h`
  const days = whole(hours, 24)
  if (hours < 192) return join(days, 'd', hours % 24, 'h')
  if (hours < 24 * 365 * 2) return `${days}d`
  const years = whole(days, 365)
  return hours < 24 * 365 * 8 ? join(years, 'y', days % 365, 'd') : `${years}y`
}

/** Formats the time since a timestamp; `<unknown>` without one. */
export function age(time: string | null | undefined): string {
  return time ? humanDuration(Date.now() - millisOf(time)) : '<unknown>'
}
