/** Counters and histograms in rows of ten minutes: what everyone may know about the last day. */
import { QueryCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb'
import type { Pool, Spread } from '@warm-pods/core/api/contracts.ts'
import { forecastOf } from '@warm-pods/core/forecast.ts'
import { logCounted } from '../lib/log.ts'
import type { Metric } from '../lib/metrics.ts'
import type { DocumentClient } from './client.ts'
import { STATS } from './tables.ts'

const ROW_MS = 600_000
const DAY_MS = 86_400_000
const HOUR_MS = 3_600_000
/** Buckets grow by a tenth: a percentile read from them is within 5 % of the truth. */
const GROWTH = Math.log(1.1)
const CACHE_MS = 5_000

/** `warm` and `cold` are visitors; `failovers` are the later pods that one of them took from the pool. */
export type Counter = 'warm' | 'cold' | 'failovers' | 'refused' | 'kills'
export type Histogram = 'start' | 'heal' | 'failover'
type Row = Record<string, unknown>

const COUNTED: Record<Counter, Metric> = {
  warm: 'ClaimsWarm',
  cold: 'ClaimsCold',
  refused: 'ClaimsRefused',
  kills: 'Kills',
  failovers: 'Failovers',
}
const MEASURED: Record<Histogram, Metric> = { start: 'PodStartMs', heal: 'HealMs', failover: 'FailoverMs' }

export class StatsStore {
  readonly #db: DocumentClient
  readonly #table: string
  #cache: { atMs: number; rows: Row[] } | undefined

  constructor(db: DocumentClient, table: string) {
    this.#db = db
    this.#table = table
  }

  /** Counts one, for everyone in the pool's statistics and for the owner as a metric. */
  async count(counter: Counter, nowMs: number): Promise<void> {
    logCounted({ [COUNTED[counter]]: 1 })
    await this.#add(counter, nowMs)
  }

  /** The same for a duration. */
  async measure(histogram: Histogram, ms: number, nowMs: number): Promise<void> {
    logCounted({ [MEASURED[histogram]]: ms })
    await this.#add(`${histogram}#${bucketOf(ms)}`, nowMs)
  }

  /** The last day, and the forecast from the last hour. Read anew at most every 5 s. */
  async summary(nowMs: number, target: number): Promise<Pick<Pool, 'forecast' | 'last24h'>> {
    const rows = await this.#read(nowMs)
    // Whole rows only, so the window is 50 to 60 minutes, and it is divided by what it really is.
    const sinceMs = Math.ceil((nowMs - HOUR_MS) / ROW_MS) * ROW_MS
    const lastHour = rows.filter((row) => Date.parse(String(row.slot)) >= sinceMs)
    const starts = counted(lastHour, 'start')
    const hour = {
      minutes: (nowMs - sinceMs) / 60_000,
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

  async #add(name: string, nowMs: number): Promise<void> {
    const rowMs = Math.floor(nowMs / ROW_MS) * ROW_MS
    await this.#db.send(
      new UpdateCommand({
        TableName: this.#table,
        Key: { pool: STATS, slot: new Date(rowMs).toISOString() },
        UpdateExpression: 'ADD #name :one SET expiresAt = :expires',
        ExpressionAttributeNames: { '#name': name },
        ExpressionAttributeValues: { ':one': 1, ':expires': Math.ceil((nowMs + 2 * DAY_MS) / 1000) },
      }),
    )
  }

  async #read(nowMs: number): Promise<Row[]> {
    if (this.#cache && nowMs - this.#cache.atMs < CACHE_MS) return this.#cache.rows
    const { Items = [] } = await this.#db.send(
      new QueryCommand({
        TableName: this.#table,
        KeyConditionExpression: '#pool = :stats AND slot > :since',
        ExpressionAttributeNames: { '#pool': 'pool' },
        ExpressionAttributeValues: { ':stats': STATS, ':since': new Date(nowMs - DAY_MS).toISOString() },
      }),
    )
    this.#cache = { atMs: nowMs, rows: Items }
    return Items
  }
}

export function bucketOf(ms: number): number {
  return Math.max(0, Math.round(Math.log(Math.max(1, ms)) / GROWTH))
}

/** The middle of a bucket, whole milliseconds. */
export function bucketMs(bucket: number): number {
  return Math.round(Math.exp(bucket * GROWTH))
}

function sum(rows: readonly Row[], name: string): number {
  return rows.reduce((total, row) => total + Number(row[name] ?? 0), 0)
}

/** Buckets and how often each was hit, the lowest first. */
type Counts = readonly (readonly [bucket: number, count: number])[]

function counted(rows: readonly Row[], histogram: Histogram): Counts {
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
  const n = sizeOf(counts)
  return n === 0
    ? null
    : Math.round(counts.reduce((ms, [bucket, count]) => ms + bucketMs(bucket) * count, 0) / n)
}

function spread(rows: readonly Row[], histogram: Histogram): Spread {
  const counts = counted(rows, histogram)
  const n = sizeOf(counts)
  return { n, p50Ms: quantile(counts, n, 0.5), p95Ms: quantile(counts, n, 0.95) }
}

function quantile(sorted: Counts, n: number, p: number): number | null {
  let seen = 0
  for (const [bucket, count] of sorted) {
    seen += count
    if (seen >= p * n) return bucketMs(bucket)
  }
  return null
}
