import { LIMITS } from '../../packages/core/src/limits.ts'
import type { Metric } from '../../packages/functions/src/lib/metrics.ts'
import type { Api } from '../functions/api.ts'
import type { Refill } from '../functions/refill.ts'
import type { Edge } from '../network/load-balancer.ts'
import type { Settings } from '../settings/settings.ts'
import { COLD_SHARE, metricsNamespace } from './metric-math.ts'

/** One line of a graph, as CloudWatch writes it: a metric with its dimensions, or an expression over others. */
type Line = readonly (string | Readonly<Record<string, unknown>>)[]

interface Graph {
  readonly title: string
  readonly lines: readonly Line[]
  readonly unit: string
  readonly region?: string
  /** Seconds. */
  readonly period?: number
  readonly stacked?: boolean
  /** A line across, with what it is. */
  readonly mark?: { readonly label: string; readonly value: number }
}

const WIDTH = 8
const HEIGHT = 6

/**
 * The stage at a glance, while it is awake: what the alarms watch and what lies behind it.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/CloudWatch-Dashboard-Body-Structure.html
 */
export function dashboard(s: Settings, http: Api, worker: Refill, front: Edge | undefined) {
  const facts = $util.all([
    http.gateway.nodes.api.id,
    http.fn.name,
    worker.fn.name,
    front?.balancer.arnSuffix ?? '',
    front?.targetGroup.arnSuffix ?? '',
  ])
  new aws.cloudwatch.Dashboard('Dashboard', {
    dashboardName: `${$app.name}-${$app.stage}`,
    dashboardBody: facts.apply(([api, apiFunction, refillFunction, balancer, targets]) =>
      JSON.stringify({
        widgets: [
          ...ownGraphs(s.limits.target ?? LIMITS.target),
          ...awsGraphs({ api, apiFunction, refillFunction, balancer, targets }),
        ].map((graph, i) => widget(graph, i, s.region)),
      }),
    ),
  })
}

/** What the functions measure (packages/functions/src/lib/metrics.ts). */
function ownGraphs(target: number): Graph[] {
  const own = (metric: Metric, label: string, stat: string): Line => [
    metricsNamespace(),
    metric,
    { label, stat },
  ]
  const spread = (metric: Metric, label: string): Line[] =>
    (['p50', 'p95'] as const).map((stat) => own(metric, `${label}, ${stat}`, stat))
  const share = COLD_SHARE.map(
    ({ id, metric, expression }): Line =>
      metric
        ? [metricsNamespace(), metric, { id, stat: 'Sum', visible: false }]
        : [{ id, expression, label: 'without a warm pod', visible: id === 'share' }],
  )
  return [
    {
      title: 'Pool level',
      lines: [own('WarmPods', 'warm at most', 'Maximum'), own('WarmPods', 'warm at least', 'Minimum')],
      unit: 'pods',
      period: 60,
      mark: { label: 'target', value: target },
    },
    {
      title: 'Claims by outcome',
      lines: [
        own('ClaimsWarm', 'warm', 'Sum'),
        own('ClaimsCold', 'cold', 'Sum'),
        own('ClaimsRefused', 'refused', 'Sum'),
      ],
      unit: 'in 5 minutes',
      stacked: true,
    },
    { title: 'Cold share', lines: share, unit: '%', period: 900 },
    { title: 'A claim, in the API', lines: spread('ClaimMs', 'claim'), unit: 'ms' },
    { title: 'A run of refill', lines: spread('RefillMs', 'run'), unit: 'ms' },
    { title: 'Pod start, asked for to Ready', lines: spread('PodStartMs', 'start'), unit: 'ms' },
    {
      title: 'After a kill',
      lines: [...spread('HealMs', 'Kubernetes heals'), ...spread('FailoverMs', 'fail-over')],
      unit: 'ms',
    },
    {
      title: 'Kills and fail-overs',
      lines: [own('Kills', 'kills', 'Sum'), own('Failovers', 'fail-overs', 'Sum')],
      unit: 'in 5 minutes',
    },
  ]
}

/** What AWS measures of its own. */
function awsGraphs(of: {
  readonly api: string
  readonly apiFunction: string
  readonly refillFunction: string
  readonly balancer: string
  readonly targets: string
}): Graph[] {
  const lambda = (metric: string, name: string, label: string): Line => [
    'AWS/Lambda',
    metric,
    'FunctionName',
    name,
    { label, stat: 'Sum' },
  ]
  const hosts: Line = [
    'AWS/ApplicationELB',
    'HealthyHostCount',
    ...['TargetGroup', of.targets, 'LoadBalancer', of.balancer],
    { label: 'healthy gateways', stat: 'Minimum' },
  ]
  return [
    {
      title: 'Errors',
      lines: [
        ['AWS/ApiGateway', '5xx', 'ApiId', of.api, { label: 'API answers 5xx', stat: 'Sum' }],
        lambda('Errors', of.apiFunction, 'Api ends in an error'),
        lambda('Errors', of.refillFunction, 'Refill ends in an error'),
        lambda('Throttles', of.apiFunction, 'Api throttled'),
      ],
      unit: 'in 5 minutes',
    },
    ...(of.balancer ? [{ title: 'Gateways', lines: [hosts], unit: 'gateways', period: 60 }] : []),
    {
      title: 'The account’s bill, this month',
      // Billing has its metrics in one region, and only once the account's owner has asked for them (docs/operations.md).
      region: 'us-east-1',
      lines: [['AWS/Billing', 'EstimatedCharges', 'Currency', 'USD', { label: 'USD', stat: 'Maximum' }]],
      unit: 'USD',
      period: 21_600,
    },
  ]
}

/** Three in a row. */
function widget(graph: Graph, i: number, region: string) {
  const { title, lines, unit, period = 300, stacked = false, mark } = graph
  return {
    type: 'metric',
    x: (i % 3) * WIDTH,
    y: Math.floor(i / 3) * HEIGHT,
    width: WIDTH,
    height: HEIGHT,
    properties: {
      title,
      region: graph.region ?? region,
      metrics: lines,
      period,
      stacked,
      view: 'timeSeries',
      yAxis: { left: { min: 0, label: unit, showUnits: false } },
      ...(mark ? { annotations: { horizontal: [mark] } } : {}),
    },
  }
}
