/** `GET /metrics`: the recorded facts of the pool as OpenMetrics text. It has no fact that `GET /pool` keeps back. */
import type { Pool } from '@warm-pods/core/api/contracts.ts'
import { API_METRICS } from '@warm-pods/core/metrics.ts'
import { type HistogramReading, openMetricsWriter, type Readings } from '@warm-pods/core/open-metrics.ts'
import { STEP_NAMES } from '@warm-pods/core/planner/step.ts'
import { PROBLEM_KINDS, type ProblemKind, problemKind } from '@warm-pods/core/problem-kind.ts'
import { recordOf } from '@warm-pods/core/record-of.ts'
import { isInDoubt, type RefillRow } from '@warm-pods/core/state/refill-row.ts'
import type { Services } from '../services.ts'
import type { RefillActivity } from '../store/refill-activity.ts'
import type { TotalHistogram, Totals } from '../store/stats.ts'
import { poolOf, summaryFor } from './pool-view.ts'

/** How long one instance of the api Lambda repeats a text. Prometheus must not scrape more often than this. */
const CACHE_MS = 5_000

const write = openMetricsWriter(API_METRICS)
const cached = new WeakMap<Services, { readonly atMs: number; readonly text: Promise<string> }>()

/**
 * Returns the text. It needs one strongly consistent read of one row, and two other reads. It is cached for 5 s. Unlike
 * `GET /pool` it triggers no refill, because Prometheus asks all the time. Errors of DynamoDB pass through.
 */
export function poolMetrics(services: Services): Promise<string> {
  const atMs = services.monotonic()
  const before = cached.get(services)
  if (before && atMs - before.atMs < CACHE_MS) return before.text
  const text = read(services)
  cached.set(services, { atMs, text })
  text.catch(() => cached.delete(services))
  return text
}

async function read(services: Services): Promise<string> {
  const nowMs = services.now()
  const reading = services.slots.read(false)
  const [{ activity, totals }, rows, summary] = await Promise.all([
    services.stats.totals(),
    reading,
    summaryFor(services, reading, nowMs),
  ])
  return write(readingsOf(poolOf(services, rows, summary, nowMs), rows.refill, totals, activity))
}

function readingsOf(
  pool: Pool,
  row: RefillRow,
  totals: Totals,
  activity: RefillActivity,
): Readings<typeof API_METRICS> {
  const { forecast, refill } = pool
  const histogram = (name: TotalHistogram, { buckets }: { readonly buckets: readonly number[] }) =>
    histogramOf(totals.histogram(name), buckets)
  return {
    warm_pods_slots: slotsByState(pool),
    warm_pods_slots_target: pool.target,
    warm_pods_jobs_limit: pool.cap,
    warm_pods_sessions: pool.live,
    warm_pods_claims_total: {
      warm: totals.of('warm'),
      cold: totals.of('cold'),
      contention: totals.of('refused#contention'),
      capacity: totals.of('refused#capacity'),
    },
    warm_pods_claim_seconds: histogram('claim', API_METRICS.warm_pods_claim_seconds),
    warm_pods_pod_start_seconds: histogram('start', API_METRICS.warm_pods_pod_start_seconds),
    warm_pods_kills_total: {
      polite: totals.of('kills#polite'),
      crash: totals.of('kills#crash'),
      freeze: totals.of('kills#freeze'),
    },
    warm_pods_heal_seconds: histogram('heal', API_METRICS.warm_pods_heal_seconds),
    warm_pods_failovers_total: totals.of('failovers'),
    warm_pods_failover_seconds: histogram('failover', API_METRICS.warm_pods_failover_seconds),
    warm_pods_refill_last_run_timestamp_seconds: (row.lastRunAtMs ?? 0) / 1_000,
    warm_pods_refill_confirmed_timestamp_seconds: (row.confirmedAtMs ?? 0) / 1_000,
    warm_pods_refill_healthy: Number(refill.healthy),
    warm_pods_refill_problem: problemsByKind(refill.problem),
    warm_pods_refill_failed_passes: row.failures,
    warm_pods_refill_paused: Number(refill.pausedUntil !== undefined),
    warm_pods_refill_in_doubt: Number(isInDoubt(row)),
    warm_pods_refill_passes_total: activity.passes,
    warm_pods_refill_read_seconds_total: activity.readMs / 1_000,
    warm_pods_refill_steps_total: activity.steps,
    warm_pods_refill_failed_steps_total: activity.failedSteps,
    warm_pods_refill_step_seconds_total: recordOf(STEP_NAMES, (step) => activity.stepMs[step] / 1_000),
    warm_pods_refill_lease_requests_total: activity.leases,
    warm_pods_refill_lease_acquired_timestamp_seconds: (activity.heldSinceMs ?? 0) / 1_000,
    warm_pods_warm_share_ratio: measuredShare(forecast.hour),
    warm_pods_forecast_warm_share_ratio: {
      target: forecast.warmShare ?? Number.NaN,
      one_more: forecast.warmShareWithOneMore ?? Number.NaN,
    },
    warm_pods_forecast_arrivals_per_second: forecast.arrivalsPerMinute / 60,
  }
}

function slotsByState({ slots }: Pool): Readings<typeof API_METRICS>['warm_pods_slots'] {
  const counts = { empty: 0, starting: 0, warm: 0, unconfirmed: 0, claimed: 0 }
  for (const { state } of slots) counts[state] += 1
  return counts
}

function problemsByKind(problem: string | undefined): Record<ProblemKind, number> {
  const kind = problem === undefined ? undefined : problemKind(problem)
  return recordOf(PROBLEM_KINDS, (name) => Number(name === kind))
}

/** The share of warm claims, 0..1; NaN without a claim. */
function measuredShare({ warm, cold } = { warm: 0, cold: 0 }): number {
  return warm / (warm + cold)
}

/** The rows have buckets that grow by a tenth, so a measurement may be 5 % off, in the sum as well. */
function histogramOf(measured: ReturnType<Totals['histogram']>, bounds: readonly number[]): HistogramReading {
  const counts = new Array<number>(bounds.length + 1).fill(0)
  let sum = 0
  for (const { ms, count } of measured) {
    const index = bounds.findIndex((bound) => ms / 1_000 <= bound)
    const bucket = index < 0 ? bounds.length : index
    counts[bucket] = (counts[bucket] ?? 0) + count
    sum += (ms / 1_000) * count
  }
  return { counts, sum }
}
