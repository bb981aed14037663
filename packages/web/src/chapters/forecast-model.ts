import type { Pool } from '@warm-pods/core/api/contracts.ts'
import { warmShare } from '@warm-pods/core/forecast.ts'

/**
 * A share and its 95 % interval, 0..1. Without one: how many observations it needs, and how many there are. An API without
 * counts gives no interval.
 */
export type Share =
  | { readonly share: number; readonly interval?: readonly [low: number, high: number] }
  | { readonly needs: number; readonly has: number }

export interface Forecast {
  readonly visitors: number | undefined
  readonly failovers: number | undefined
  readonly perMinute: number
  readonly starts: number | undefined
  readonly startMs: number | undefined
  readonly predicted: Share
  readonly measured: Share
  readonly oneMore: Share
}

/** With this many arrivals the rate is known to about a half, and one visitor changes the measured share by 5 % at most. */
const NEEDS = 20
/** Standard deviations of a 95 % interval. */
const Z = 1.96
/** The formula never gives 1, but a value close to it is rounded to 1. */
const HIGHEST = 1 - Number.EPSILON

/** Returns the forecast from the last 50 to 60 minutes and the measured share. A value is blank while its numbers are too small. */
export function forecastOf({ forecast, target }: Pick<Pool, 'forecast' | 'target'>): Forecast {
  const { hour, arrivalsPerMinute, startMs } = forecast
  const visitors = hour && hour.warm + hour.cold
  const arrivals = hour ? hour.warm + hour.cold + hour.failovers : 0
  const predict = (share: number | null, slots: number): Share => {
    if (share === null || startMs === null || arrivals < NEEDS) return { needs: NEEDS, has: arrivals }
    // Arrivals are independent, so their number scatters by its square root (Poisson).
    const scatter = (Z * Math.sqrt(arrivals)) / arrivals
    const at = (factor: number) => Math.min(HIGHEST, warmShare(slots, arrivalsPerMinute * factor, startMs))
    return { share: Math.min(HIGHEST, share), interval: [at(1 + scatter), at(Math.max(0, 1 - scatter))] }
  }
  return {
    visitors,
    failovers: hour?.failovers,
    perMinute: arrivalsPerMinute,
    starts: hour?.starts,
    startMs: startMs ?? undefined,
    predicted: predict(forecast.warmShare, target),
    oneMore: predict(forecast.warmShareWithOneMore, target + 1),
    measured:
      hour === undefined || visitors === undefined || visitors < NEEDS
        ? { needs: NEEDS, has: visitors ?? 0 }
        : { share: hour.warm / visitors, interval: wilson(hour.warm, visitors) },
  }
}

/** Returns the 95 % interval of a share (Wilson 1927), which stays within 0..1 for few observations too. */
export function wilson(hits: number, of: number): [low: number, high: number] {
  const share = hits / of
  const middle = share + Z ** 2 / (2 * of)
  const half = Z * Math.sqrt((share * (1 - share)) / of + Z ** 2 / (4 * of ** 2))
  const scale = 1 + Z ** 2 / of
  return [Math.max(0, (middle - half) / scale), Math.min(1, (middle + half) / scale)]
}
