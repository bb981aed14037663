/**
 * The metrics that Prometheus reads, in one table. The pods and the api Lambda export exactly these series. Boards, alerts
 * and docs/metrics.md come from this table too. https://prometheus.io/docs/practices/naming/
 */
import { HowToDieSchema, SlotStateSchema } from './api/contracts.ts'
import type { MetricFamily } from './metric-family.ts'
import { STEP_NAMES } from './planner/step.ts'
import { POD_METRICS } from './pod-metrics.ts'
import { PROBLEM_KINDS } from './problem-kind.ts'

/** The outcomes of a claim. `warm` and `cold` got a pod; the other two are the refusals of `Outcome` in `contracts.ts`. */
export const CLAIM_OUTCOMES = ['warm', 'cold', 'contention', 'capacity'] as const
/** How a request of refill for its lease ended. `taken_over`: the former holder had let it expire. `refused`: it was taken. */
export const LEASE_OUTCOMES = ['acquired', 'renewed', 'taken_over', 'refused'] as const
/** The sizes of the pool for which the API forecasts the warm share: `target`, and one slot more. */
export const FORECAST_SLOTS = ['target', 'one_more'] as const

/** Seconds. A warm claim takes three round trips to DynamoDB. */
const CLAIM = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5] as const
/** Seconds. From a fail-over to a warm pod to a heal after a long back-off. */
const RECOVERY = [0.1, 0.25, 0.5, 1, 2.5, 5, 10, 15, 20, 30, 60, 120] as const

/** The metrics of the api Lambda. */
export const API_METRICS = {
  warm_pods_slots: {
    source: 'api',
    type: 'gauge',
    unit: 'count',
    help: 'Slots of the pool by state, as `GET /pool` shows it.',
    labels: { state: SlotStateSchema.options },
  },
  warm_pods_slots_target: {
    source: 'api',
    type: 'gauge',
    unit: 'count',
    help: 'Slots that the pool should have.',
  },
  warm_pods_jobs_limit: {
    source: 'api',
    type: 'gauge',
    unit: 'count',
    help: 'Jobs that the quota of the namespace allows.',
  },
  warm_pods_sessions: {
    source: 'api',
    type: 'gauge',
    unit: 'count',
    help: 'Sessions that had not ended at the last pass of refill.',
  },
  warm_pods_claims_total: {
    source: 'api',
    type: 'counter',
    unit: 'count',
    help: 'Claims by outcome. A warm claim counts when refill frees its slot, a cold one when its pod is Ready.',
    labels: { outcome: CLAIM_OUTCOMES },
  },
  warm_pods_claim_seconds: {
    source: 'api',
    type: 'histogram',
    unit: 'seconds',
    help: 'Time of claims and of fail-overs to a warm pod in the api Lambda, from the receipt. It lacks the last write.',
    buckets: CLAIM,
  },
  warm_pods_pod_start_seconds: {
    source: 'api',
    type: 'histogram',
    unit: 'seconds',
    help: 'Time from the request for a warm Job to its pod Ready and reached by the gateway.',
    buckets: RECOVERY,
  },
  warm_pods_kills_total: {
    source: 'api',
    type: 'counter',
    unit: 'count',
    help: 'Kills that visitors requested, by option.',
    labels: { how: HowToDieSchema.options },
  },
  warm_pods_heal_seconds: {
    source: 'api',
    type: 'histogram',
    unit: 'seconds',
    help: 'Time from the death of a killed pod to the Ready pod that replaced it in its Job.',
    buckets: RECOVERY,
  },
  warm_pods_failovers_total: {
    source: 'api',
    type: 'counter',
    unit: 'count',
    help: 'Fail-overs that took a warm pod. Each counts when refill frees the slot.',
  },
  warm_pods_failover_seconds: {
    source: 'api',
    type: 'histogram',
    unit: 'seconds',
    help: 'Time from a kill to the first pong of the next pod, as the page of the visitor measured it.',
    buckets: RECOVERY,
  },
  warm_pods_refill_last_run_timestamp_seconds: {
    source: 'api',
    type: 'gauge',
    unit: 'unix seconds',
    help: 'End of the last pass of refill, also of a failed one, in seconds since 1970. 0 before the first pass.',
  },
  warm_pods_refill_confirmed_timestamp_seconds: {
    source: 'api',
    type: 'gauge',
    unit: 'unix seconds',
    help: 'Time at which refill last compared the pool with Kubernetes, in seconds since 1970. 0 before the first time.',
  },
  warm_pods_refill_healthy: {
    source: 'api',
    type: 'gauge',
    unit: 'boolean',
    help: '1 when refill reports no problem and has confirmed the pool recently, as `GET /pool` shows it, else 0.',
  },
  warm_pods_refill_problem: {
    source: 'api',
    type: 'gauge',
    unit: 'boolean',
    help: '1 for the kind of the present problem, 0 for every other kind. `GET /pool` has the text.',
    labels: { kind: PROBLEM_KINDS },
  },
  warm_pods_refill_failed_passes: {
    source: 'api',
    type: 'gauge',
    unit: 'count',
    help: 'Passes of refill that failed in a row, up to the last one.',
  },
  warm_pods_refill_paused: {
    source: 'api',
    type: 'gauge',
    unit: 'boolean',
    help: '1 while refill creates no Jobs for slots, because of a pause or a back-off, else 0.',
  },
  warm_pods_refill_in_doubt: {
    source: 'api',
    type: 'gauge',
    unit: 'boolean',
    help: '1 from a report that pods of warm slots may be gone until refill has compared all rows with Kubernetes, else 0.',
  },
  warm_pods_refill_passes_total: {
    source: 'api',
    type: 'counter',
    unit: 'count',
    help: 'Passes of refill by result. A pass fails when it cannot read, or when one of its steps fails.',
    labels: { result: ['done', 'failed'] },
  },
  warm_pods_refill_read_seconds_total: {
    source: 'api',
    type: 'counter',
    unit: 'seconds',
    help: 'Time in which passes of refill read the tables and Kubernetes.',
  },
  warm_pods_refill_steps_total: {
    source: 'api',
    type: 'counter',
    unit: 'count',
    help: 'Steps that refill executed, failed steps included.',
    labels: { step: STEP_NAMES },
  },
  warm_pods_refill_failed_steps_total: {
    source: 'api',
    type: 'counter',
    unit: 'count',
    help: 'Steps of refill that failed. The next pass plans them again.',
    labels: { step: STEP_NAMES },
  },
  warm_pods_refill_step_seconds_total: {
    source: 'api',
    type: 'counter',
    unit: 'seconds',
    help: 'Time of the steps of refill. The steps of one pass are executed concurrently, and each counts in full.',
    labels: { step: STEP_NAMES },
  },
  warm_pods_refill_lease_requests_total: {
    source: 'api',
    type: 'counter',
    unit: 'count',
    help: 'Requests of refill for its lease by outcome. taken_over: the former holder had let it expire. refused: it was taken.',
    labels: { outcome: LEASE_OUTCOMES },
  },
  warm_pods_refill_lease_acquired_timestamp_seconds: {
    source: 'api',
    type: 'gauge',
    unit: 'unix seconds',
    help: 'Time at which the holder of the lease acquired it, in seconds since 1970. 0 without a holder.',
  },
  warm_pods_warm_share_ratio: {
    source: 'api',
    type: 'gauge',
    unit: 'ratio',
    help: 'Measured share of warm claims among the served claims of the last 50 to 60 minutes. NaN without a claim.',
  },
  warm_pods_forecast_warm_share_ratio: {
    source: 'api',
    type: 'gauge',
    unit: 'ratio',
    help: 'Forecast of the warm share (Erlang B) from the arrivals and starts of the same time, by size of the pool. NaN without data.',
    labels: { slots: FORECAST_SLOTS },
  },
  warm_pods_forecast_arrivals_per_second: {
    source: 'api',
    type: 'gauge',
    unit: 'per second',
    help: 'Claims and fail-overs of the last 50 to 60 minutes by second.',
  },
} as const satisfies Readonly<Record<string, MetricFamily & { readonly source: 'api' }>>

/** Every metric by its name. */
export const METRIC_FAMILIES = { ...POD_METRICS, ...API_METRICS }
export type MetricName = keyof typeof METRIC_FAMILIES

/** Returns every name that a family's series can have in a query. @param name the key in {@link METRIC_FAMILIES}. */
export function seriesNames(name: string, { type }: Pick<MetricFamily, 'type'>): string[] {
  return type === 'histogram' ? [`${name}_bucket`, `${name}_sum`, `${name}_count`] : [name]
}

/** Returns the label sets of a family: every combination of its labels' values, one empty set without labels. */
export function labelSets({ labels = {} }: Pick<MetricFamily, 'labels'>): Record<string, string>[] {
  return Object.entries(labels).reduce<Record<string, string>[]>(
    (sets, [label, values]) => sets.flatMap((set) => values.map((value) => ({ ...set, [label]: value }))),
    [{}],
  )
}
