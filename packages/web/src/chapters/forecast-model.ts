import type { Pool } from '@warm-pods/core/api/contracts.ts'

/** A share, 0..1. Without one: how many observations it needs, and how many there are. */
export type Share = { readonly share: number } | { readonly needs: number; readonly has: number }

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

/** Fewer arrivals give no forecast. */
const FORECAST_NEEDS = 5
/** With this many visitors, one of them changes the measured share by 5 % at most. */
const MEASURED_NEEDS = 20

/** Returns the forecast from the last 50 to 60 minutes and the measured share. A value is blank while its numbers are too small. */
export function forecastOf({ forecast }: Pick<Pool, 'forecast'>): Forecast {
  const { hour, arrivalsPerMinute, startMs, warmShare, warmShareWithOneMore } = forecast
  const visitors = hour && hour.warm + hour.cold
  const arrivals = hour && hour.warm + hour.cold + hour.failovers
  const predict = (share: number | null): Share =>
    share === null || (arrivals ?? 0) < FORECAST_NEEDS
      ? { needs: FORECAST_NEEDS, has: arrivals ?? 0 }
      : // The formula never gives 1, but a value close to it is rounded to 1.
        { share: Math.min(share, 1 - Number.EPSILON) }
  return {
    visitors,
    failovers: hour?.failovers,
    perMinute: arrivalsPerMinute,
    starts: hour?.starts,
    startMs: startMs ?? undefined,
    predicted: predict(warmShare),
    oneMore: predict(warmShareWithOneMore),
    measured:
      hour === undefined || visitors === undefined || visitors < MEASURED_NEEDS
        ? { needs: MEASURED_NEEDS, has: visitors ?? 0 }
        : { share: hour.warm / visitors },
  }
}
