/**
 * The dashboard and the monitors for Datadog, with the questions of the Grafana boards and the alerts.
 * https://docs.datadoghq.com/api/latest/dashboards/ and https://docs.datadoghq.com/api/latest/monitors/
 */
import { METRIC_FAMILIES, type MetricName } from '@warm-pods/core/metrics.ts'
import { ALERT_NAMES, type AlertName } from './alert-names.ts'
import { ABNORMAL_CODES, ALERTS, WARM_SHARE_OBJECTIVE } from './alerts.ts'
import { runbookUrl } from './runbook.ts'

/** The namespace of the OpenMetrics check in every annotation of ours. */
export const DATADOG_NAMESPACE = 'warm_pods'

/** The tag that selects the installation. Datadog adds it to pods, and our check of the API adds it too. */
const SCOPE = 'kube_namespace:warm-pods'
const BOARD_SCOPE = '$namespace'

/**
 * Returns the name that Datadog's OpenMetrics check gives a metric. It removes `_total`. A suffix names the part of a counter or a
 * histogram. https://docs.datadoghq.com/integrations/guide/prometheus-metrics/
 */
export function datadogName(name: MetricName, part?: 'sum' | 'count'): string {
  const { type } = METRIC_FAMILIES[name]
  const suffix = type === 'counter' ? '.count' : type === 'histogram' ? `.${part ?? 'count'}` : ''
  return `${DATADOG_NAMESPACE}.${name.replace(/_total$/, '')}${suffix}`
}

interface Widget {
  readonly title: string
  readonly type: 'query_value' | 'timeseries'
  readonly queries: readonly string[]
  /** Of the queries `query1`, `query2` … Without it, each query is a line. */
  readonly formula?: string
}

const sum = (name: MetricName, by = '', scope = BOARD_SCOPE) =>
  `sum:${datadogName(name)}{${scope}}${by === '' ? '' : ` by {${by}}`}`
const max = (name: MetricName, scope = BOARD_SCOPE) => `max:${datadogName(name)}{${scope}}`
const tagged = (tag: string, scope = BOARD_SCOPE) => `${scope},${tag}`

/** The mean of a histogram: the sum by the count of the same span. */
function mean(title: string, name: MetricName): Widget {
  const part = (which: 'sum' | 'count') => `sum:${datadogName(name, which)}{${BOARD_SCOPE}}.as_count()`
  return { title, type: 'timeseries', queries: [part('sum'), part('count')], formula: 'query1 / query2' }
}

/** Datadog cannot subtract a metric from the present time, so some panels show a time in seconds since 1970. */
const WIDGETS: readonly { readonly title: string; readonly widgets: readonly Widget[] }[] = [
  {
    title: 'Overview',
    widgets: [
      {
        title: 'Warm pods',
        type: 'query_value',
        queries: [sum('warm_pods_slots', '', tagged('state:warm'))],
      },
      { title: 'Target', type: 'query_value', queries: [max('warm_pods_slots_target')] },
      { title: 'Active sessions', type: 'query_value', queries: [max('warm_pods_sessions')] },
      { title: 'Warm share, last hour', type: 'query_value', queries: [max('warm_pods_warm_share_ratio')] },
      { title: 'Refill is healthy', type: 'query_value', queries: [max('warm_pods_refill_healthy')] },
      { title: 'Slots by state', type: 'timeseries', queries: [sum('warm_pods_slots', 'state')] },
      {
        title: 'Claims by outcome',
        type: 'timeseries',
        queries: [`${sum('warm_pods_claims_total', 'outcome')}.as_count()`],
      },
      {
        title: 'Forecast of the warm share',
        type: 'timeseries',
        queries: [`${max('warm_pods_forecast_warm_share_ratio')} by {slots}`],
      },
      { title: 'Arrivals', type: 'timeseries', queries: [max('warm_pods_forecast_arrivals_per_second')] },
      mean('Claim duration in the API, mean', 'warm_pods_claim_seconds'),
    ],
  },
  {
    title: 'Sessions and pods',
    widgets: [
      { title: 'Open sockets', type: 'timeseries', queries: [sum('warm_pods_sockets_open')] },
      {
        title: 'Messages',
        type: 'timeseries',
        queries: [`${sum('warm_pods_socket_messages_total', 'direction')}.as_rate()`],
      },
      {
        title: 'Bytes',
        type: 'timeseries',
        queries: [`${sum('warm_pods_socket_bytes_total', 'direction')}.as_rate()`],
      },
      {
        title: 'Closes by code',
        type: 'timeseries',
        queries: [`${sum('warm_pods_socket_closes_total', 'code')}.as_count()`],
      },
      {
        title: 'Refused sockets by reason',
        type: 'timeseries',
        queries: [`${sum('warm_pods_socket_refusals_total', 'reason')}.as_count()`],
      },
      mean('Round trip to the visitor, mean', 'warm_pods_heartbeat_round_trip_seconds'),
      mean('Time in the pod, mean', 'warm_pods_message_held_seconds'),
      mean('Delay of the event loop, mean', 'nodejs_eventloop_delay_seconds'),
      {
        title: 'Memory of the largest pod',
        type: 'timeseries',
        queries: [max('process_resident_memory_bytes')],
      },
      { title: 'Largest heap', type: 'timeseries', queries: [max('nodejs_heap_size_used_bytes')] },
      {
        title: 'CPU of the pods',
        type: 'timeseries',
        queries: [`${sum('process_cpu_seconds_total')}.as_rate()`],
      },
      {
        title: 'Start of the oldest pod, seconds since 1970',
        type: 'query_value',
        queries: [`min:${datadogName('process_start_time_seconds')}{${BOARD_SCOPE}}`],
      },
      mean('Start of a warm pod, mean', 'warm_pods_pod_start_seconds'),
      { title: 'Jobs that the quota allows', type: 'query_value', queries: [max('warm_pods_jobs_limit')] },
    ],
  },
  {
    title: 'Refill',
    widgets: [
      {
        title: 'Last pass, seconds since 1970',
        type: 'query_value',
        queries: [max('warm_pods_refill_last_run_timestamp_seconds')],
      },
      {
        title: 'Last comparison with Kubernetes, seconds since 1970',
        type: 'query_value',
        queries: [max('warm_pods_refill_confirmed_timestamp_seconds')],
      },
      {
        title: 'Failed passes in a row',
        type: 'timeseries',
        queries: [max('warm_pods_refill_failed_passes')],
      },
      { title: 'Paused', type: 'timeseries', queries: [max('warm_pods_refill_paused')] },
      { title: 'In doubt', type: 'timeseries', queries: [max('warm_pods_refill_in_doubt')] },
      {
        title: 'Problems by kind',
        type: 'timeseries',
        queries: [`${max('warm_pods_refill_problem')} by {kind}`],
      },
      {
        title: 'Passes by result',
        type: 'timeseries',
        queries: [`${sum('warm_pods_refill_passes_total', 'result')}.as_count()`],
      },
      {
        title: 'Time of a pass to read, mean',
        type: 'timeseries',
        queries: [
          `${sum('warm_pods_refill_read_seconds_total')}.as_count()`,
          `${sum('warm_pods_refill_passes_total')}.as_count()`,
        ],
        formula: 'query1 / query2',
      },
      {
        title: 'Steps by name',
        type: 'timeseries',
        queries: [`${sum('warm_pods_refill_steps_total', 'step')}.as_count()`],
      },
      {
        title: 'Duration of a step, mean',
        type: 'timeseries',
        queries: [
          `${sum('warm_pods_refill_step_seconds_total', 'step')}.as_count()`,
          `${sum('warm_pods_refill_steps_total', 'step')}.as_count()`,
        ],
        formula: 'query1 / query2',
      },
      {
        title: 'Steps that failed, by name',
        type: 'timeseries',
        queries: [`${sum('warm_pods_refill_failed_steps_total', 'step')}.as_count()`],
      },
      {
        title: 'Requests for the lease by outcome',
        type: 'timeseries',
        queries: [`${sum('warm_pods_refill_lease_requests_total', 'outcome')}.as_count()`],
      },
      {
        title: 'Lease acquired, seconds since 1970; 0 without a holder',
        type: 'query_value',
        queries: [max('warm_pods_refill_lease_acquired_timestamp_seconds')],
      },
    ],
  },
  {
    title: 'A kill, step by step',
    widgets: [
      {
        title: '1. Kills by option',
        type: 'timeseries',
        queries: [`${sum('warm_pods_kills_total', 'how')}.as_count()`],
      },
      {
        title: '2. Fail-overs to a warm pod',
        type: 'timeseries',
        queries: [`${sum('warm_pods_failovers_total')}.as_count()`],
      },
      mean('2. From the kill to the first pong, mean', 'warm_pods_failover_seconds'),
      mean('4. Healing, mean', 'warm_pods_heal_seconds'),
    ],
  },
]

/** Every query of the dashboard. */
export function dashboardQueries(): string[] {
  return WIDGETS.flatMap(({ widgets }) => widgets.flatMap(({ queries }) => queries))
}

/** Returns the body of `POST /api/v1/dashboard`. */
export function datadogDashboard(): object {
  return {
    title: 'Warm Pods',
    description: 'Generated from packages/monitoring/src/datadog.ts.',
    layout_type: 'ordered',
    template_variables: [{ name: 'namespace', prefix: 'kube_namespace', defaults: ['warm-pods'] }],
    widgets: WIDGETS.map(({ title, widgets }) => ({
      definition: { type: 'group', title, layout_type: 'ordered', widgets: widgets.map(widgetOf) },
    })),
  }
}

function widgetOf({ formula, queries, title, type }: Widget): object {
  const named = queries.map((query, index) => ({
    data_source: 'metrics',
    name: `query${index + 1}`,
    query,
    ...(type === 'query_value' ? { aggregator: 'last' } : {}),
  }))
  const formulas = formula ? [{ formula }] : named.map(({ name }) => ({ formula: name }))
  const request = {
    formulas,
    queries: named,
    response_format: type === 'query_value' ? 'scalar' : 'timeseries',
    ...(type === 'timeseries' ? { display_type: 'line' } : {}),
  }
  return { definition: { type, title, requests: [request] } }
}

interface Monitor {
  readonly query: string
  /** Datadog wants the value of the query's comparison here again. */
  readonly critical: number
  /** Minutes without data after which the monitor alerts too. */
  readonly noDataMinutes?: number
}

const scoped = (tag: string) => tagged(tag, SCOPE)
const cold = `sum:${datadogName('warm_pods_claims_total')}{${scoped('!outcome:warm')}}.as_count()`
const claims = `sum:${datadogName('warm_pods_claims_total')}{${SCOPE}}.as_count()`
/** The share of cold claims at which six error budgets are spent. */
const COLD_SHARE = Number((6 * (1 - WARM_SHARE_OBJECTIVE)).toFixed(3))

/** The default target of the pool and its quota are limits of a stage, so these two monitors compare metrics with each other. */
const MONITORS: Readonly<Record<AlertName, Monitor>> = {
  WarmPodsPoolNotWhole: {
    query: `max(last_5m):max:${datadogName('warm_pods_slots_target')}{${SCOPE}} - sum:${datadogName('warm_pods_slots')}{${scoped('state:warm')}} > 0`,
    critical: 0,
  },
  WarmPodsWarmShareLow: {
    query: `sum(last_1h):default_zero(${cold}) / ${claims} > ${COLD_SHARE}`,
    critical: COLD_SHARE,
  },
  // The check of the API copies a time that does not move while refill is silent.
  WarmPodsRefillSilent: {
    query: `change(max(last_5m),last_5m):max:${datadogName('warm_pods_refill_last_run_timestamp_seconds')}{${SCOPE}} <= 0`,
    critical: 0,
    noDataMinutes: 10,
  },
  WarmPodsRefillProblem: {
    query: `min(last_5m):max:${datadogName('warm_pods_refill_problem')}{${scoped('!kind:gateway')}} >= 1`,
    critical: 1,
  },
  WarmPodsGatewayUnreachable: {
    query: `min(last_5m):max:${datadogName('warm_pods_refill_problem')}{${scoped('kind:gateway')}} >= 1`,
    critical: 1,
  },
  WarmPodsSocketsClosing: {
    query: `sum(last_15m):default_zero(sum:${datadogName('warm_pods_socket_closes_total')}{${SCOPE} AND code IN (${ABNORMAL_CODES.join(', ')})}.as_count()) / sum:${datadogName('warm_pods_socket_closes_total')}{${SCOPE}}.as_count() > 0.5`,
    critical: 0.5,
  },
  WarmPodsQuotaNear: {
    query: `min(last_5m):( max:${datadogName('warm_pods_sessions')}{${SCOPE}} + sum:${datadogName('warm_pods_slots')}{${SCOPE} AND state IN (starting, warm, unconfirmed)} ) / max:${datadogName('warm_pods_jobs_limit')}{${SCOPE}} >= 0.8`,
    critical: 0.8,
  },
  WarmPodsNotScraped: {
    query: `min(last_10m):max:${datadogName('warm_pods_slots_target')}{${SCOPE}} < 0`,
    critical: 0,
    noDataMinutes: 10,
  },
}

/** Returns the bodies of `POST /api/v1/monitor`, one for each alert. */
export function datadogMonitors(): {
  readonly name: string
  readonly query: string
  readonly message: string
}[] {
  return ALERT_NAMES.map((name) => {
    const { critical, noDataMinutes, query } = MONITORS[name]
    const { severity, summary } = ALERTS[name]
    return {
      name,
      type: 'query alert',
      query,
      message: `${summary.replace(/ of the kind .*\.$/, '.').replace('{{ $labels.job }}', 'the API')}\nRunbook: ${runbookUrl(name)}`,
      tags: ['project:warm-pods', `severity:${severity}`],
      priority: severity === 'page' ? 1 : 3,
      options: {
        thresholds: { critical },
        notify_no_data: noDataMinutes !== undefined,
        ...(noDataMinutes === undefined ? {} : { no_data_timeframe: noDataMinutes }),
        include_tags: true,
      },
    }
  })
}
