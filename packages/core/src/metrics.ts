/**
 * The metrics that Prometheus reads, in one table. The pods and the api Lambda export exactly these series. Boards, alerts
 * and docs/metrics.md come from this table too. https://prometheus.io/docs/practices/naming/
 */
import { HowToDieSchema, SlotStateSchema } from './api/contracts.ts'
import { PROBLEM_KINDS } from './problem-kind.ts'
import { CLOSE } from './socket.ts'

/** The program that exports a metric. */
export type MetricSource = 'pod' | 'api'

interface MetricBase {
  readonly source: MetricSource
  readonly unit: 'seconds' | 'bytes' | 'ratio' | 'per second' | 'count' | 'boolean' | 'unix seconds'
  readonly help: string
  /** Each label with every value that it can have. No label has a value from outside this table. */
  readonly labels?: Readonly<Record<string, readonly string[]>>
}

/**
 * A family of time series with one name. A counter's name ends in `_total`. A histogram exports `<name>_bucket`, with the
 * additional label `le`, `<name>_sum` and `<name>_count`.
 */
export type MetricFamily =
  | (MetricBase & { readonly type: 'counter' | 'gauge' })
  | (MetricBase & {
      readonly type: 'histogram'
      readonly unit: 'seconds'
      /** Upper bounds in seconds, ascending, without +Inf. */
      readonly buckets: readonly number[]
    })

/** The value of a label whose real value is outside its closed set. */
export const OTHER = 'other'

const DIRECTIONS = ['received', 'sent'] as const

/** Why a pod refuses a socket. The pod's own table (`token-check.ts`) has a close code and a text for each. */
export const REFUSAL_REASONS = [
  'no_subprotocol',
  'no_token',
  'malformed',
  'forged',
  'expired',
  'another_session',
  'older_epoch',
  'too_many_connections',
  'terminating',
  'session_over',
] as const
export type RefusalReason = (typeof REFUSAL_REASONS)[number]

/**
 * Close codes that a WebSocket library sends or reports by itself (RFC 6455 section 7.4.1), then those of {@link CLOSE}. A peer may
 * send any code from 3000 to 4999.
 */
export const CLOSE_CODES: readonly string[] = [
  ...new Set([
    1000,
    1001,
    1002,
    1003,
    1005,
    1006,
    1007,
    1009,
    ...Object.values(CLOSE).map(({ code }) => code),
  ]),
]
  .sort((a, b) => a - b)
  .map(String)
  .concat(OTHER)

/** The outcomes of a claim. `warm` and `cold` got a pod; the other two are the refusals of `Outcome` in `contracts.ts`. */
export const CLAIM_OUTCOMES = ['warm', 'cold', 'contention', 'capacity'] as const
/** The sizes of the pool for which the API forecasts the warm share: `target`, and one slot more. */
export const FORECAST_SLOTS = ['target', 'one_more'] as const

/** Seconds. A pod holds a message for some ten microseconds. */
const HELD = [0.000025, 0.00005, 0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.05, 0.25] as const
/** Seconds. From a network within one room to the heartbeat's interval. */
const ROUND_TRIP = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5] as const
/** Seconds. From a quiet event loop to a frozen one. */
const LOOP_DELAY = [0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5] as const
/** Seconds. A warm claim takes three round trips to DynamoDB. */
const CLAIM = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5] as const
/** Seconds. From a fail-over to a warm pod to a heal after a long back-off. */
const RECOVERY = [0.1, 0.25, 0.5, 1, 2.5, 5, 10, 15, 20, 30, 60, 120] as const

export const METRIC_FAMILIES = {
  warm_pods_sockets_open: {
    source: 'pod',
    type: 'gauge',
    unit: 'count',
    help: 'WebSockets of the session that are open now. Refused sockets do not count.',
  },
  warm_pods_socket_messages_total: {
    source: 'pod',
    type: 'counter',
    unit: 'count',
    help: 'Messages of the sockets that the pod serves. Received: pings and kills of the page. Sent: pongs.',
    labels: { direction: DIRECTIONS },
  },
  warm_pods_socket_bytes_total: {
    source: 'pod',
    type: 'counter',
    unit: 'bytes',
    help: 'Bytes on the TCP connections of the sockets that the pod serves, handshake and frame headers included.',
    labels: { direction: DIRECTIONS },
  },
  warm_pods_socket_closes_total: {
    source: 'pod',
    type: 'counter',
    unit: 'count',
    help: 'Served sockets that closed, by WebSocket close code. 1006: without a close frame.',
    labels: { code: CLOSE_CODES },
  },
  warm_pods_socket_refusals_total: {
    source: 'pod',
    type: 'counter',
    unit: 'count',
    help: 'Sockets that the pod refused, by reason.',
    labels: { reason: REFUSAL_REASONS },
  },
  warm_pods_message_held_seconds: {
    source: 'pod',
    type: 'histogram',
    unit: 'seconds',
    help: 'Time from reading a ping of the page to writing its pong. The pong carries the same figure.',
    buckets: HELD,
  },
  warm_pods_heartbeat_round_trip_seconds: {
    source: 'pod',
    type: 'histogram',
    unit: 'seconds',
    help: 'Time from the protocol ping of a heartbeat to its pong: the latency of the visitor as the pod measures it.',
    buckets: ROUND_TRIP,
  },
  nodejs_eventloop_delay_seconds: {
    source: 'pod',
    type: 'histogram',
    unit: 'seconds',
    help: 'Lateness of a timer that is due twice a second: the time in which the event loop was busy.',
    buckets: LOOP_DELAY,
  },
  process_cpu_seconds_total: {
    source: 'pod',
    type: 'counter',
    unit: 'seconds',
    help: 'CPU time of the process, user and system.',
  },
  process_resident_memory_bytes: {
    source: 'pod',
    type: 'gauge',
    unit: 'bytes',
    help: 'Resident memory of the process.',
  },
  process_start_time_seconds: {
    source: 'pod',
    type: 'gauge',
    unit: 'unix seconds',
    help: 'Time at which the process started, in seconds since 1970.',
  },
  nodejs_heap_size_used_bytes: {
    source: 'pod',
    type: 'gauge',
    unit: 'bytes',
    help: 'Bytes of the JavaScript heap that are in use.',
  },

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
} as const satisfies Readonly<Record<string, MetricFamily>>

export type MetricName = keyof typeof METRIC_FAMILIES
type Families = typeof METRIC_FAMILIES
/** The metrics of one program. */
export type MetricNameOf<Source extends MetricSource> = {
  [Name in MetricName]: Families[Name]['source'] extends Source ? Name : never
}[MetricName]

/** Returns the families of one program, in the order of the table. */
export function familiesOf<Source extends MetricSource>(
  source: Source,
): readonly (readonly [MetricNameOf<Source>, MetricFamily])[] {
  const families = Object.entries<MetricFamily>(METRIC_FAMILIES)
  // `source` is the type's discriminant, so the filter leaves exactly these names.
  return families.filter(([, family]) => family.source === source) as [MetricNameOf<Source>, MetricFamily][]
}

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
