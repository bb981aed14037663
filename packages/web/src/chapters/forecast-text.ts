import { FORECAST } from '../copy/chapters.ts'
import { BLANK } from '../lib/format.ts'
import type { Forecast } from './forecast-model.ts'

/** Prints a share (0..1) without rounding it up to certainty. */
export function share(of: number): string {
  if (of > 0.9995 && of < 1) return 'over 99.9 %'
  return `${(of * 100).toFixed(1)} %`
}

/** Prints a 95 % interval of shares (0..1). */
export function interval([low, high]: readonly [number, number]): string {
  return FORECAST.interval(share(low), share(high))
}

/** Returns the arrivals of the observed time with their rate, and how long a start took in it. */
export function loadText(forecast: Forecast): string {
  const { failovers, observedMs, perMinute, startMs, starts, visitors } = forecast
  const during = FORECAST.during(observedMs)
  const arrivals =
    visitors === undefined
      ? FORECAST.load(perMinute.toFixed(2), during)
      : `${FORECAST.arrivals(visitors, failovers ?? 0, during)}${rateText(forecast)}`
  const start =
    startMs === undefined
      ? FORECAST.noStart(during)
      : FORECAST.start((startMs / 1_000).toFixed(1), starts ?? BLANK)
  return `${arrivals} ${start}`
}

/** An API that does not send the observed time divides by a time that may be too long. */
function rateText({ observedMs, perMinute, perMinuteBetween }: Forecast): string {
  if (observedMs === undefined || !perMinuteBetween) return ''
  const [low, high] = perMinuteBetween
  return ` ${FORECAST.rate(twoDigits(perMinute), twoDigits(low), twoDigits(high))}`
}

/** Counts of arrivals do not support more than two digits. */
function twoDigits(value: number): string {
  return `${Number(value.toPrecision(2))}`
}
