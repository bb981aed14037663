/** Compares metrics with the facts of the visit: counts exactly, durations within bounds. */
import { LIMITS } from '@warm-pods/core/limits.ts'
import type { MetricSource } from '@warm-pods/monitoring/metric-sources.ts'
import { SCRAPE_JOBS } from '@warm-pods/monitoring/scrape-jobs.ts'
import { query } from './prometheus-api.ts'
import type { VisitFacts } from './visit.ts'

/** One line of the comparison. */
export interface Comparison {
  readonly fact: string
  readonly expected: string
  readonly measured: number
  readonly agrees: boolean
}

/** Objects in the namespace, counted in the API server itself. */
export interface ClusterFacts {
  readonly jobs: number
  readonly runningPods: number
}

interface Check {
  readonly fact: string
  readonly expr: string
  /** Equal, or within both bounds. */
  readonly expected: number | readonly [least: number, most: number]
}

/** The buckets of the tables grow by a tenth, so a sum is up to 5 % off. Rounding to whole milliseconds adds a little. */
const BUCKET_ERROR = 0.06
/** The Job controller's first back-off, seconds. */
const HEAL_BACK_OFF_S = 10
const MINUTE_S = 60

/** Returns a line for each fact. */
export async function compareFacts(
  prometheus: string,
  visit: VisitFacts,
  cluster: ClusterFacts,
  sources: ReadonlySet<MetricSource>,
): Promise<Comparison[]> {
  const checks = [
    ...apiChecks(visit),
    ...podChecks(visit),
    ...(sources.has('kube-state-metrics') ? clusterChecks(cluster) : []),
    ...(sources.has('nginx-exporter') ? gatewayChecks(visit) : []),
  ]
  const comparisons: Comparison[] = []
  for (const { expected, expr, fact } of checks) {
    const [sample] = await query(prometheus, expr)
    const measured = sample?.value ?? Number.NaN
    const [least, most] = typeof expected === 'number' ? [expected, expected] : expected
    comparisons.push({
      fact,
      expected: typeof expected === 'number' ? String(expected) : `${round(least)} to ${round(most)}`,
      measured,
      agrees: measured >= least && measured <= most,
    })
  }
  return comparisons
}

function apiChecks({ claims, failoverMs, failovers, heals, kills, staying }: VisitFacts): Check[] {
  const failoverS = failoverMs.reduce((sum, ms) => sum + ms, 0) / 1_000
  const counted = (name: string) => `sum(warm_pods_${name}_seconds_count)`
  const mean = (name: string) => `sum(warm_pods_${name}_seconds_sum) / ${counted(name)}`
  return [
    ...Object.entries(claims).map(([outcome, expected]) => ({
      fact: `claims, ${outcome}`,
      expr: `sum(warm_pods_claims_total{outcome="${outcome}"})`,
      expected,
    })),
    ...Object.entries(kills).map(([how, expected]) => ({
      fact: `kills, ${how}`,
      expr: `sum(warm_pods_kills_total{how="${how}"})`,
      expected,
    })),
    { fact: 'fail-overs', expr: 'sum(warm_pods_failovers_total)', expected: failovers },
    { fact: 'fail-overs measured by the page', expr: counted('failover'), expected: failovers },
    {
      fact: 'outages, total s',
      expr: 'sum(warm_pods_failover_seconds_sum)',
      expected: [failoverS * (1 - BUCKET_ERROR), failoverS * (1 + BUCKET_ERROR)],
    },
    { fact: 'heals', expr: counted('heal'), expected: heals },
    { fact: 'heal, mean s', expr: mean('heal'), expected: [HEAL_BACK_OFF_S * (1 - BUCKET_ERROR), MINUTE_S] },
    {
      fact: 'claims and fail-overs timed',
      expr: counted('claim'),
      expected: claims.warm + claims.cold + failovers,
    },
    { fact: 'claim, mean s', expr: mean('claim'), expected: [0.001, 5] },
    {
      fact: 'warm pods started',
      expr: counted('pod_start'),
      expected: [LIMITS.target + claims.warm, LIMITS.target + claims.warm + failovers + 1],
    },
    { fact: 'start, mean s', expr: mean('pod_start'), expected: [0.1, MINUTE_S] },
    {
      fact: 'pods that refill made warm',
      expr: 'sum(warm_pods_refill_steps_total{step="markWarm"})',
      expected: [LIMITS.target + claims.warm, LIMITS.target + claims.warm + failovers + 1],
    },
    {
      fact: 'heals that refill recorded',
      expr: 'sum(warm_pods_refill_steps_total{step=~"recordHeal|activate"})',
      expected: [heals, heals + claims.cold + failovers],
    },
    {
      fact: 'step of refill, mean s',
      expr: 'sum(warm_pods_refill_step_seconds_total) / sum(warm_pods_refill_steps_total)',
      expected: [0.0001, 5],
    },
    {
      fact: 'leases that refill took over',
      expr: 'sum(warm_pods_refill_lease_requests_total{outcome="taken_over"})',
      expected: 0,
    },
    { fact: 'sessions', expr: 'max(warm_pods_sessions)', expected: staying.length },
    { fact: 'warm slots', expr: 'sum(warm_pods_slots{state="warm"})', expected: LIMITS.target },
    { fact: 'target', expr: 'max(warm_pods_slots_target)', expected: LIMITS.target },
    { fact: 'alerts that fire', expr: 'count(ALERTS{alertstate="firing"}) or vector(0)', expected: 0 },
  ]
}

function podChecks({ refusedSockets, replacedSockets, staying }: VisitFacts): Check[] {
  const pods = staying.map(({ session }) => session.pod?.name ?? '')
  const ours = `pod=~"${pods.join('|')}"`
  const sum = (count: (visitor: (typeof staying)[number]) => number) =>
    staying.reduce((total, visitor) => total + count(visitor), 0)
  return [
    { fact: 'open sockets', expr: 'sum(warm_pods_sockets_open)', expected: staying.length },
    {
      fact: 'pings at the pods of the visitors who stay',
      expr: `sum(warm_pods_socket_messages_total{direction="received",${ours}})`,
      expected: sum(({ sent }) => sent),
    },
    {
      fact: 'greetings and pongs of those pods',
      expr: `sum(warm_pods_socket_messages_total{direction="sent",${ours}})`,
      expected: sum(({ received }) => received),
    },
    {
      fact: 'pings timed in those pods',
      expr: `sum(warm_pods_message_held_seconds_count{${ours}})`,
      expected: sum(({ sent }) => sent),
    },
    {
      fact: 'refused sockets',
      expr: `sum(warm_pods_socket_refusals_total{reason="forged",${ours}})`,
      expected: refusedSockets,
    },
    {
      fact: 'replaced sockets',
      expr: `sum(warm_pods_socket_closes_total{code="4002",${ours}})`,
      expected: replacedSockets,
    },
    {
      fact: 'heartbeats',
      expr: `min(warm_pods_heartbeat_round_trip_seconds_count{${ours}})`,
      expected: [1, 1_000],
    },
    {
      fact: 'largest pod, MiB',
      expr: `max(process_resident_memory_bytes{job="${SCRAPE_JOBS.pods}"}) / 1048576`,
      expected: [20, 128],
    },
  ]
}

function clusterChecks({ jobs, runningPods }: ClusterFacts): Check[] {
  return [
    {
      fact: 'running pods',
      expr: 'sum(kube_pod_status_phase{namespace="warm-pods",phase="Running"})',
      expected: runningPods,
    },
    {
      fact: 'Jobs in the quota',
      expr: 'max(kube_resourcequota{namespace="warm-pods",resource="count/jobs.batch",type="used"})',
      expected: jobs,
    },
  ]
}

function gatewayChecks({ failovers, staying }: VisitFacts): Check[] {
  return [
    {
      fact: 'requests to the gateway',
      expr: 'sum(nginx_http_requests_total)',
      expected: [failovers + staying.length, 1_000_000],
    },
  ]
}

function round(value: number): number {
  return Number(value.toPrecision(4))
}
