import type { Pool, Spread } from '../api/contracts.ts'
import { forecastOf } from '../forecast.ts'
import { percentile } from '../percentile.ts'

const KEPT = 200
type Timed = 'start' | 'heal' | 'failover'

/** The counts of a simulated world since it began. The product counts over an hour and over a day. */
export class Statistics {
  readonly #counts = { warm: 0, cold: 0, failovers: 0, refused: 0, kills: 0 }
  readonly #times: Record<Timed, number[]> = { start: [], heal: [], failover: [] }

  /** `warm` and `cold` are visitors; `failovers` are the later pods that one of them took from the pool. */
  count(what: 'warm' | 'cold' | 'failovers' | 'refused' | 'kills'): void {
    this.#counts[what]++
  }

  /** Adds a duration in ms. The last 200 are kept. */
  measure(what: Timed, ms: number): void {
    this.#times[what] = [...this.#times[what], ms].slice(-KEPT)
  }

  /** @param elapsedMs age of the world. Arrival rates are divided by it. */
  summary(elapsedMs: number, target: number): Pick<Pool, 'forecast' | 'last24h'> {
    const { warm, cold, failovers, refused, kills } = this.#counts
    const { start, heal, failover } = this.#times
    const startMs =
      start.length === 0 ? null : Math.round(start.reduce((sum, ms) => sum + ms, 0) / start.length)
    return {
      forecast: forecastOf(
        { observedMs: elapsedMs, warm, cold, failovers, starts: start.length, startMs },
        target,
      ),
      last24h: {
        warm,
        cold,
        refused,
        kills,
        start: spreadOf(start),
        heal: spreadOf(heal),
        failover: spreadOf(failover),
      },
    }
  }
}

function spreadOf(times: readonly number[]): Spread {
  return { n: times.length, p50Ms: percentile(times, 0.5) ?? null, p95Ms: percentile(times, 0.95) ?? null }
}
