import type { Metric } from '../../packages/functions/src/lib/metrics.ts'
import type { Api } from '../functions/api.ts'
import type { Refill } from '../functions/refill.ts'
import type { LoadBalancer } from '../network/load-balancer.ts'
import type { Settings } from '../settings/settings.ts'
import { COLD_SHARE, metricsNamespace } from './metric-math.ts'
import { targetOf } from './thresholds.ts'

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
  /** A horizontal line with its label. */
  readonly mark?: { readonly label: string; readonly value: number }
}

/** Of a graph, in units of CloudWatch's grid, which has 24 columns. */
const WIDTH = 8
const HEIGHT = 6

/**
 * Creates the CloudWatch dashboard: the metrics of the alarms and their causes. An asleep stage has none.
 * Raw Pulumi: SST has no component for dashboards.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/CloudWatch-Dashboard-Body-Structure.html
 */
export function createDashboard(
  settings: Settings,
  api: Api,
  refill: Refill,
  loadBalancer: LoadBalancer | undefined,
) {
  const names = $util.all([
    api.gateway.nodes.api.id,
    api.fn.name,
    refill.fn.name,
    loadBalancer?.balancer.arnSuffix ?? '',
    loadBalancer?.targetGroup.arnSuffix ?? '',
  ])
  new aws.cloudwatch.Dashboard('Dashboard', {
    dashboardName: `${$app.name}-${$app.stage}`,
    dashboardBody: names.apply(([apiId, apiFunction, refillFunction, balancer, targets]) =>
      JSON.stringify({
        widgets: [
          ...ownGraphs(targetOf(settings)),
          ...awsGraphs({ apiId, apiFunction, refillFunction, balancer, targets }),
        ].map((graph, index) => widgetOf(graph, index, settings.region)),
      }),
    ),
  })
}

/** Graphs of the functions' own metrics (packages/functions/src/lib/metrics.ts). */
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
    { title: 'Claim duration in the API', lines: spread('ClaimMs', 'claim'), unit: 'ms' },
    { title: 'Duration of a reconciliation', lines: spread('RefillMs', 'reconciliation'), unit: 'ms' },
    { title: 'Pod start, from request to Ready', lines: spread('PodStartMs', 'start'), unit: 'ms' },
    {
      title: 'Recovery after a kill',
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

/** Graphs of the metrics that AWS emits itself. */
function awsGraphs(names: {
  readonly apiId: string
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
    ...['TargetGroup', names.targets, 'LoadBalancer', names.balancer],
    { label: 'healthy gateways', stat: 'Minimum' },
  ]
  return [
    {
      title: 'Errors',
      lines: [
        ['AWS/ApiGateway', '5xx', 'ApiId', names.apiId, { label: 'API answers 5xx', stat: 'Sum' }],
        lambda('Errors', names.apiFunction, 'Api fails'),
        lambda('Errors', names.refillFunction, 'Refill fails'),
        lambda('Throttles', names.apiFunction, 'Api throttled'),
      ],
      unit: 'in 5 minutes',
    },
    ...(names.balancer ? [{ title: 'Gateways', lines: [hosts], unit: 'gateways', period: 60 }] : []),
    {
      title: 'The account’s bill, this month',
      // Billing metrics exist only in us-east-1, and only after the account's owner has switched them on (docs/operations.md).
      region: 'us-east-1',
      lines: [['AWS/Billing', 'EstimatedCharges', 'Currency', 'USD', { label: 'USD', stat: 'Maximum' }]],
      unit: 'USD',
      period: 21_600,
    },
  ]
}

/** Places three graphs in a row. */
function widgetOf(graph: Graph, index: number, region: string) {
  const { title, lines, unit, period = 300, stacked = false, mark } = graph
  return {
    type: 'metric',
    x: (index % 3) * WIDTH,
    y: Math.floor(index / 3) * HEIGHT,
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
