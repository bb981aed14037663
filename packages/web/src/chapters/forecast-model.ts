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
  /** The 95 % interval of {@link perMinute}; undefined from an API without counts. */
  readonly perMinuteBetween: readonly [low: number, high: number] | undefined
  /** How long the pool was observed, ms; undefined from an API that does not send it. */
  readonly observedMs: number | undefined
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

/**
 * Returns the 95 % interval of the expected number when `count` independent arrivals were seen (Poisson). It is Byar's
 * approximation (Breslow and Day 1987).
 */
export function poisson(count: number): readonly [low: number, high: number] {
  const bound = (of: number, z: number) =>
    of === 0 ? 0 : of * (1 - 1 / (9 * of) + z / (3 * Math.sqrt(of))) ** 3
  return [bound(count, -Z), bound(count + 1, Z)]
}

/** Returns the forecast from the observed part of the last hour and the measured share. A value is blank while its numbers are too small. */
export function forecastOf({ forecast, target }: Pick<Pool, 'forecast' | 'target'>): Forecast {
  const { hour, arrivalsPerMinute, startMs } = forecast
  const visitors = hour && hour.warm + hour.cold
  const arrivals = hour ? hour.warm + hour.cold + hour.failovers : 0
  const predict = (share: number | null, slots: number): Share => {
    if (share === null || startMs === null || arrivals < NEEDS) return { needs: NEEDS, has: arrivals }
    const at = (expected: number) =>
      Math.min(HIGHEST, warmShare(slots, (arrivalsPerMinute * expected) / arrivals, startMs))
    const [low, high] = poisson(arrivals)
    return { share: Math.min(HIGHEST, share), interval: [at(high), at(low)] }
  }
  return {
    visitors,
    failovers: hour?.failovers,
    perMinute: arrivalsPerMinute,
    perMinuteBetween: hour && rateBetween(forecast, arrivals),
    observedMs: forecast.observedMs,
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

/** Scales the interval of the count to a rate. The API has divided the count by the observed time, or by its shortest one. */
function rateBetween(
  { arrivalsPerMinute, observedMs = 0 }: Pool['forecast'],
  arrivals: number,
): readonly [low: number, high: number] | undefined {
  const minutes = arrivals > 0 ? arrivals / arrivalsPerMinute : Math.max(1, observedMs / 60_000)
  const [low, high] = poisson(arrivals)
  return [low / minutes, high / minutes]
}

/** Returns the 95 % interval of a share (Wilson 1927), which stays within 0..1 for few observations too. */
export function wilson(hits: number, of: number): [low: number, high: number] {
  const share = hits / of
  const middle = share + Z ** 2 / (2 * of)
  const half = Z * Math.sqrt((share * (1 - share)) / of + Z ** 2 / (4 * of ** 2))
  const scale = 1 + Z ** 2 / of
  return [Math.max(0, (middle - half) / scale), Math.min(1, (middle + half) / scale)]
}
