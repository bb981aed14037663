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

/**
 * Returns the load of the last 50 to 60 minutes and how long a start took in it. It prints counts and no rate: the pool may be
 * younger than that window.
 */
export function loadText({ perMinute, visitors, failovers, startMs, starts }: Forecast): string {
  const arrivals =
    visitors === undefined ? FORECAST.load(perMinute.toFixed(2)) : FORECAST.arrivals(visitors, failovers ?? 0)
  const start =
    startMs === undefined ? FORECAST.noStart : FORECAST.start((startMs / 1_000).toFixed(1), starts ?? BLANK)
  return `${arrivals} ${start}`
}
