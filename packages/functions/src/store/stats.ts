/**
 * Counters and histograms in rows of ten minutes, and in one row that never ends. `GET /pool` shows the sums of the last day.
 * `GET /metrics` exports the row that never ends, because the counters of Prometheus only grow.
 */
import { randomUUID } from 'node:crypto'
import { UpdateCommand } from '@aws-sdk/lib-dynamodb'
import type { HowToDie, Pool, Spread } from '@warm-pods/core/api/contracts.ts'
import { forecastOf } from '@warm-pods/core/forecast.ts'
import type { ArrivalWindow, Demand } from '@warm-pods/core/planner/size-pool.ts'
import { type Gap, observedMs } from '@warm-pods/core/state/observation.ts'
import { RUNTIME } from '../lib/clock.ts'
import { logCounted } from '../lib/log.ts'
import type { Metric } from '../lib/metrics.ts'
import { batchGet } from './batch-get.ts'
import { type DocumentClient, ifCondition, queryAll } from './client.ts'
import { activityFromItem, type RefillActivity } from './refill-activity.ts'
import { REFILL_KEY, STATS, TOTALS, TOTALS_ROW } from './tables.ts'

const ROW_MS = 600_000
const DAY_MS = 86_400_000
const HOUR_MS = 3_600_000
/** Buckets grow by a tenth, so a percentile read from them is within 5 % of the true one. */
const GROWTH = Math.log(1.1)
const CACHE_MS = 5_000

/** `warm` and `cold` are visitors; `failovers` are the later pods that one of them took from the pool. */
export type Counter = 'warm' | 'cold' | 'failovers' | 'refused' | 'kills'
export type Histogram = 'start' | 'heal' | 'failover'
/** The part of a counter that an event belongs to. */
type Detail = `refused#${'contention' | 'capacity'}` | `kills#${HowToDie}`
/** Facts that are counted in the same write as an event. */
interface Facts {
  readonly detail?: Detail
  /** Time of the claim in the api Lambda, ms. */
  readonly claimMs?: number
}
/** Durations of which the statistics hold a histogram. */
export type TotalHistogram = Histogram | 'claim'
type Row = Record<string, unknown>

const COUNTED: Record<Counter, Metric> = {
  warm: 'ClaimsWarm',
  cold: 'ClaimsCold',
  refused: 'ClaimsRefused',
  kills: 'Kills',
  failovers: 'Failovers',
}
/** The events that take a slot of the pool, or would have taken one. */
const ARRIVALS: readonly Counter[] = ['warm', 'cold', 'failovers']
const MEASURED: Record<Histogram, Metric> = { start: 'PodStartMs', heal: 'HealMs', failover: 'FailoverMs' }

const TOTALS_KEY = { pool: TOTALS, slot: TOTALS_ROW }

/** Counts since the first deploy that had them. */
export class Totals {
  readonly #row: Row

  constructor(row: Row) {
    this.#row = row
  }

  of(name: Counter | Detail): number {
    return Number(this.#row[name] ?? 0)
  }

  /** The buckets of a histogram: their middles in ms, and their counts. */
  histogram(name: TotalHistogram): readonly { readonly ms: number; readonly count: number }[] {
    return counted([this.#row], name).map(([bucket, count]) => ({ ms: bucketMs(bucket), count }))
  }
}

/** The pool that the statistics describe. */
export interface Observed {
  readonly target: number
  /** When refill did not watch it. */
  readonly gaps: readonly Gap[]
}

/** The statistics of the pool. Errors of DynamoDB pass through. */
export class StatsStore {
  readonly #db: DocumentClient
  readonly #table: string
  readonly #newToken: () => string
  #cache: { atMs: number; rows: Row[] } | undefined

  /** @param newToken a different text for each write that counts. */
  constructor(db: DocumentClient, table: string, newToken: () => string = randomUUID) {
    this.#db = db
    this.#table = table
    this.#newToken = newToken
  }

  /** Adds one to a counter, in the pool's statistics and as a CloudWatch metric. @param nowMs wall clock, ms since 1970. */
  async count(counter: Counter, nowMs: number, { detail, claimMs }: Facts = {}): Promise<void> {
    logCounted({ [COUNTED[counter]]: 1 })
    const names: string[] = [counter, ...(detail ? [detail] : [])]
    if (claimMs !== undefined) names.push(`claim#${bucketOf(claimMs)}`)
    await this.#add(names, nowMs)
  }

  /** Adds a duration of `ms` milliseconds to a histogram and as a metric. @param nowMs wall clock, ms since 1970. */
  async measure(histogram: Histogram, ms: number, nowMs: number): Promise<void> {
    logCounted({ [MEASURED[histogram]]: ms })
    await this.#add([`${histogram}#${bucketOf(ms)}`], nowMs)
  }

  /**
   * The last day, and the forecast from the last 50 to 60 minutes. It is cached for 5 s.
   * @param pool a promise while its rows are still being read.
   */
  async summary(
    nowMs: number,
    pool: Observed | Promise<Observed>,
  ): Promise<Pick<Pool, 'forecast' | 'last24h'>> {
    const [rows, { gaps, target }] = await Promise.all([this.#read(nowMs), pool])
    // Only whole rows count, so the window has 50 to 60 minutes. Rates are divided by the observed part of it.
    const sinceMs = Math.ceil((nowMs - HOUR_MS) / ROW_MS) * ROW_MS
    const lastHour = rows.filter((row) => Date.parse(String(row.slot)) >= sinceMs)
    const starts = counted(lastHour, 'start')
    const hour = {
      observedMs: observedMs(gaps, sinceMs, nowMs),
      warm: sum(lastHour, 'warm'),
      cold: sum(lastHour, 'cold'),
      failovers: sum(lastHour, 'failovers'),
      starts: sizeOf(starts),
      startMs: mean(starts),
    }
    return {
      forecast: forecastOf(hour, target),
      last24h: {
        warm: sum(rows, 'warm'),
        cold: sum(rows, 'cold'),
        refused: sum(rows, 'refused'),
        kills: sum(rows, 'kills'),
        start: spread(rows, 'start'),
        heal: spread(rows, 'heal'),
        failover: spread(rows, 'failover'),
      },
    }
  }

  /**
   * The arrivals and the mean start of the last hour, for the size of the pool. It is cached for 5 s. The windows are as long as refill
   * has watched the pool, and arrivals of rows without such a time are left out. Otherwise a young pool would seem quiet.
   * @param gaps when refill did not watch it.
   */
  async demand(nowMs: number, gaps: readonly Gap[]): Promise<Demand> {
    const rows = await this.#read(nowMs, HOUR_MS)
    const window = (rowsBack: number): ArrivalWindow => {
      const sinceMs = Math.floor(nowMs / ROW_MS) * ROW_MS - rowsBack * ROW_MS
      const within = rows.filter((row) => {
        const rowMs = Date.parse(String(row.slot))
        return rowMs >= sinceMs && observedMs(gaps, rowMs, Math.min(nowMs, rowMs + ROW_MS)) > 0
      })
      const arrivals = ARRIVALS.reduce((total, name) => total + sum(within, name), 0)
      return { minutes: observedMs(gaps, sinceMs, nowMs) / 60_000, arrivals }
    }
    return { windows: [window(0), window(1), window(5)], startMs: mean(counted(rows, 'start')) }
  }

  /**
   * Every count since the first deploy, the statistics' and refill's, strongly consistent and with one call. Otherwise a counter
   * could go back between two scrapes.
   * @throws ProvisionedThroughputExceededException when DynamoDB leaves keys unprocessed again and again.
   */
  async totals(): Promise<{ readonly totals: Totals; readonly activity: RefillActivity }> {
    const keys = [TOTALS_KEY, REFILL_KEY].map((key) => ({ table: this.#table, key }))
    const items = (await batchGet(this.#db, keys, RUNTIME)).get(this.#table) ?? []
    const rowOf = ({ slot }: { readonly slot: string }) => items.find((item) => item.slot === slot)
    return { totals: new Totals(rowOf(TOTALS_KEY) ?? {}), activity: activityFromItem(rowOf(REFILL_KEY)) }
  }

  async #add(names: readonly string[], nowMs: number): Promise<void> {
    const rowMs = Math.floor(nowMs / ROW_MS) * ROW_MS
    const token = this.#newToken()
    await Promise.all([
      this.#addTo({ pool: STATS, slot: new Date(rowMs).toISOString() }, names, token, nowMs + 2 * DAY_MS),
      this.#addTo(TOTALS_KEY, names, token),
    ])
  }

  /**
   * Adds one to each attribute. The SDK repeats a write whose answer was lost. The row has the token of the last write, so that
   * it counts once.
   */
  async #addTo(
    key: { readonly pool: string; readonly slot: string },
    names: readonly string[],
    token: string,
    expiresAtMs?: number,
  ): Promise<void> {
    const adds = names.map((_, index) => `#n${index} :one`).join(', ')
    await ifCondition(
      this.#db.send(
        new UpdateCommand({
          TableName: this.#table,
          Key: key,
          UpdateExpression: `ADD ${adds} SET counted = :token${expiresAtMs === undefined ? '' : ', expiresAt = :expires'}`,
          ConditionExpression: 'attribute_not_exists(counted) OR counted <> :token',
          ExpressionAttributeNames: Object.fromEntries(names.map((name, index) => [`#n${index}`, name])),
          ExpressionAttributeValues: {
            ':one': 1,
            ':token': token,
            ...(expiresAtMs === undefined ? {} : { ':expires': Math.ceil(expiresAtMs / 1000) }),
          },
        }),
      ),
    )
  }

  /** @param agoMs how far back the rows go. One process always asks for the same time. */
  async #read(nowMs: number, agoMs = DAY_MS): Promise<Row[]> {
    if (this.#cache && nowMs - this.#cache.atMs < CACHE_MS) return this.#cache.rows
    const rows = await queryAll(this.#db, {
      TableName: this.#table,
      KeyConditionExpression: '#pool = :stats AND slot > :since',
      ExpressionAttributeNames: { '#pool': 'pool' },
      ExpressionAttributeValues: { ':stats': STATS, ':since': new Date(nowMs - agoMs).toISOString() },
    })
    this.#cache = { atMs: nowMs, rows }
    return rows
  }
}

/** The index of the bucket for a duration of `ms` milliseconds. Durations under 1 ms are in bucket 0. */
export function bucketOf(ms: number): number {
  return Math.max(0, Math.round(Math.log(Math.max(1, ms)) / GROWTH))
}

/** The middle of a bucket, in whole milliseconds. */
export function bucketMs(bucket: number): number {
  return Math.round(Math.exp(bucket * GROWTH))
}

function sum(rows: readonly Row[], name: string): number {
  return rows.reduce((total, row) => total + Number(row[name] ?? 0), 0)
}

/** Buckets with their counts, in ascending order. */
type Counts = readonly (readonly [bucket: number, count: number])[]

function counted(rows: readonly Row[], histogram: TotalHistogram): Counts {
  const counts = new Map<number, number>()
  for (const [name, count] of rows.flatMap((row) => Object.entries(row))) {
    if (!name.startsWith(`${histogram}#`)) continue
    const bucket = Number(name.slice(histogram.length + 1))
    counts.set(bucket, (counts.get(bucket) ?? 0) + Number(count))
  }
  return [...counts].sort(([a], [b]) => a - b)
}

function sizeOf(counts: Counts): number {
  return counts.reduce((total, [, count]) => total + count, 0)
}

function mean(counts: Counts): number | null {
  const size = sizeOf(counts)
  if (size === 0) return null
  const totalMs = counts.reduce((sum, [bucket, count]) => sum + bucketMs(bucket) * count, 0)
  return Math.round(totalMs / size)
}

function spread(rows: readonly Row[], histogram: Histogram): Spread {
  const counts = counted(rows, histogram)
  const size = sizeOf(counts)
  return { n: size, p50Ms: quantile(counts, size, 0.5), p95Ms: quantile(counts, size, 0.95) }
}

/** The middle of the bucket at a share (0..1) of all durations; null without one. */
function quantile(sorted: Counts, size: number, share: number): number | null {
  let seen = 0
  for (const [bucket, count] of sorted) {
    seen += count
    if (seen >= share * size) return bucketMs(bucket)
  }
  return null
}
