import { describe, expect, it } from 'vitest'
import { LIMITS } from '../../packages/core/src/limits.ts'
import { METRICS } from '../../packages/functions/src/lib/metrics.ts'
import { COLD_SHARE_PERCENT } from '../observability/thresholds.ts'
import { HAS_CLUSTER, STAGES, type StageName, stageOf } from './stages.ts'

const NAMES = Object.keys(STAGES) as StageName[]
const production = () => stageOf('production')

/** Metrics that AWS emits itself, with their dimensions, from the services' documentation of metrics. */
const AWS_METRICS: Readonly<Record<string, { dimensions: readonly string[]; metrics: readonly string[] }>> = {
  'AWS/ApiGateway': { dimensions: ['ApiId'], metrics: ['5xx'] },
  'AWS/ApplicationELB': { dimensions: ['LoadBalancer', 'TargetGroup'], metrics: ['HealthyHostCount'] },
  'AWS/Billing': { dimensions: ['Currency'], metrics: ['EstimatedCharges'] },
  'AWS/Lambda': { dimensions: ['FunctionName'], metrics: ['Errors', 'Invocations', 'Throttles'] },
  'AWS/SQS': { dimensions: ['QueueName'], metrics: ['ApproximateNumberOfMessagesVisible'] },
}

/** A metric in use by an alarm or a graph. */
interface UsedMetric {
  /** Name of the alarm or title of the graph. */
  readonly by: string
  readonly namespace: string
  readonly metric: string
  readonly dimensions: Readonly<Record<string, string>>
}

interface AlarmInputs {
  readonly namespace?: string
  readonly metricName?: string
  readonly dimensions?: Record<string, string>
  readonly metricQueries?: readonly {
    readonly id: string
    readonly expression?: string
    readonly returnData: boolean
    readonly metric?: { readonly namespace: string; readonly metricName: string }
  }[]
}

function alarmMetrics(): UsedMetric[] {
  return production()
    .all('MetricAlarm')
    .flatMap(({ name, inputs }) => {
      const { namespace = '', metricName = '', dimensions = {}, metricQueries } = inputs as AlarmInputs
      if (!metricQueries) return [{ by: name, namespace, metric: metricName, dimensions }]
      return metricQueries.flatMap(({ metric }) =>
        metric ? [{ by: name, namespace: metric.namespace, metric: metric.metricName, dimensions: {} }] : [],
      )
    })
}

/** Position and size in units of the dashboard's grid. */
interface Rectangle {
  readonly x: number
  readonly y: number
  readonly width: number
  readonly height: number
}

interface Widget extends Rectangle {
  readonly properties: {
    readonly title: string
    readonly region: string
    readonly metrics: readonly (readonly (
      | string
      | { id?: string; expression?: string; visible?: boolean }
    )[])[]
  }
}

function widgets(): Widget[] {
  const { dashboardBody } = production().one('Dashboard').inputs
  const body: { widgets: Widget[] } = JSON.parse(String(dashboardBody))
  return body.widgets
}

function dashboardMetrics(): UsedMetric[] {
  return widgets().flatMap(({ properties }) =>
    properties.metrics.flatMap((line) => {
      const [namespace, metric, ...pairs] = line.filter((part) => typeof part === 'string')
      if (namespace === undefined || metric === undefined) return []
      const dimensions = Object.fromEntries(
        pairs.flatMap((name, i) => (i % 2 === 0 ? [[name, pairs[i + 1] ?? '']] : [])),
      )
      return [{ by: properties.title, namespace, metric, dimensions }]
    }),
  )
}

describe('metrics of alarms and dashboard', () => {
  it('are emitted by the functions under their namespace, or by AWS with the same dimensions', () => {
    const namespaces = ['ApiFunction', 'RefillFunction'].map(
      (fn) => production().environment(fn)['METRICS_NAMESPACE'],
    )
    expect(namespaces).toEqual(['warm-pods-production', 'warm-pods-production'])
    for (const { by, namespace, metric, dimensions } of [...alarmMetrics(), ...dashboardMetrics()]) {
      if (namespace === 'warm-pods-production') {
        expect(METRICS, by).toHaveProperty(metric)
        expect(dimensions, by).toEqual({})
      } else {
        expect(AWS_METRICS[namespace]?.metrics, `${by}: ${namespace}`).toContain(metric)
        expect(Object.keys(dimensions).sort(), by).toEqual(AWS_METRICS[namespace]?.dimensions)
      }
    }
  })

  it('name functions, queues, APIs and target groups of this stage', () => {
    const stage = production()
    const outputs = stage.graph.resources.map((resource) => resource.outputs)
    const known = new Set(
      outputs
        .flatMap((output) => [output['name'], output['id'], output['arnSuffix']])
        .filter((name) => typeof name === 'string'),
    )
    const apis = stage.all('apigatewayv2/route:Route').map((route) => String(route.inputs['apiId']))
    for (const { by, namespace, dimensions } of [...alarmMetrics(), ...dashboardMetrics()]) {
      if (namespace === 'AWS/Billing') continue
      for (const value of Object.values(dimensions)) expect([...known, ...apis], by).toContain(value)
    }
  })

  it('include every metric of the functions on the dashboard', () => {
    const shown = dashboardMetrics().map(({ metric }) => metric)
    expect(Object.keys(METRICS).filter((metric) => !shown.includes(metric))).toEqual([])
  })

  it('use only ids of the same graph or alarm in expressions, and the alarm returns one result', () => {
    for (const { properties } of widgets()) {
      const options = properties.metrics.flatMap((line) => line.filter((part) => typeof part !== 'string'))
      const ids = options.flatMap(({ id }) => (id === undefined ? [] : [id]))
      for (const { expression } of options) expect(unknownIn(expression, ids), properties.title).toEqual([])
    }
    const { metricQueries = [] } = production().one('MetricAlarm', 'ColdShare').inputs as AlarmInputs
    const ids = metricQueries.map(({ id }) => id)
    for (const { expression } of metricQueries) expect(unknownIn(expression, ids)).toEqual([])
    expect(metricQueries.filter(({ returnData }) => returnData).map(({ id }) => id)).toEqual(['share'])
  })
})

/** Returns the names in an expression that are neither an id nor a function. */
function unknownIn(expression: string | undefined, ids: readonly string[]): string[] {
  const names = expression?.match(/[A-Za-z]\w*/g) ?? []
  return names.filter((name) => !ids.includes(name) && !['FILL', 'IF'].includes(name))
}

describe('alarms', () => {
  it('start when the pool is below its target, and when too many visitors find no warm pod', () => {
    const stage = production()
    const { target = LIMITS.target } = JSON.parse(String(stage.environment('RefillFunction')['LIMITS']))
    expect(stage.one('MetricAlarm', 'PoolLow').inputs).toMatchObject({
      threshold: target,
      comparisonOperator: 'LessThanThreshold',
      metricName: 'WarmPods',
    })
    expect(stage.one('MetricAlarm', 'ColdShare').inputs).toMatchObject({
      threshold: COLD_SHARE_PERCENT,
      comparisonOperator: 'GreaterThanThreshold',
      treatMissingData: 'notBreaching',
    })
  })
})

/** https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/CloudWatch-Dashboard-Body-Structure.html */
const GRID_COLUMNS = 24

/** Returns every pair of rectangles with a common area, by index. Common edges are no overlap. */
function overlaps(rectangles: readonly Rectangle[]): [number, number][] {
  return rectangles.flatMap((first, index) =>
    rectangles.flatMap((second, other): [number, number][] => {
      const isBeside = first.x + first.width <= second.x || second.x + second.width <= first.x
      const isAbove = first.y + first.height <= second.y || second.y + second.height <= first.y
      return index < other && !isBeside && !isAbove ? [[index, other]] : []
    }),
  )
}

describe('the dashboard', () => {
  it('exists only in production while it is awake', () => {
    for (const name of NAMES) {
      expect(stageOf(name).all('Dashboard'), name).toHaveLength(
        STAGES[name].stage === 'production' && HAS_CLUSTER[name] ? 1 : 0,
      )
    }
  })

  it('has graphs that do not overlap and fit the grid', () => {
    expect(overlaps(widgets())).toEqual([])
    for (const { x, y, width, height, properties } of widgets()) {
      expect(Math.min(x, y), properties.title).toBeGreaterThanOrEqual(0)
      expect(Math.min(width, height), properties.title).toBeGreaterThan(0)
      expect(x + width, properties.title).toBeLessThanOrEqual(GRID_COLUMNS)
    }
  })

  it.each(['width', 'height'] as const)(
    'would overlap if its first graph had one more unit of %s',
    (size) => {
      const [first, ...others] = widgets()
      if (!first) throw new Error('The dashboard has no graph.')
      expect(overlaps([{ ...first, [size]: first[size] + 1 }, ...others])).not.toEqual([])
    },
  )

  it('shows metrics of the stage’s region, and the bill from us-east-1', () => {
    const elsewhere = widgets().filter(({ properties }) => properties.region !== 'eu-central-1')
    expect(elsewhere.map(({ properties }) => [properties.title, properties.region])).toEqual([
      ['The account’s bill, this month', 'us-east-1'],
    ])
  })
})
