import { describe, expect, it } from 'vitest'
import { METRICS } from '../../packages/functions/src/lib/metrics.ts'
import { STAGES, type StageName, stageOf } from './stages.ts'

const NAMES = Object.keys(STAGES) as StageName[]
const production = () => stageOf('production')

/** What AWS emits of its own, with the dimensions that name whose: the services' own pages of metrics. */
const OF_AWS: Readonly<Record<string, { dimensions: readonly string[]; metrics: readonly string[] }>> = {
  'AWS/ApiGateway': { dimensions: ['ApiId'], metrics: ['5xx'] },
  'AWS/ApplicationELB': { dimensions: ['LoadBalancer', 'TargetGroup'], metrics: ['HealthyHostCount'] },
  'AWS/Billing': { dimensions: ['Currency'], metrics: ['EstimatedCharges'] },
  'AWS/Lambda': { dimensions: ['FunctionName'], metrics: ['Errors', 'Invocations', 'Throttles'] },
  'AWS/SQS': { dimensions: ['QueueName'], metrics: ['ApproximateNumberOfMessagesVisible'] },
}

/** A metric that an alarm or a graph asks for. */
interface Asked {
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

function ofAlarms(): Asked[] {
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

interface Widget {
  readonly x: number
  readonly y: number
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

function ofDashboard(): Asked[] {
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

describe('what is watched', () => {
  it('is emitted: by the functions under the namespace they are told, or by AWS under the dimensions it uses', () => {
    const namespaces = ['ApiFunction', 'RefillFunction'].map(
      (fn) => production().environment(fn)['METRICS_NAMESPACE'],
    )
    expect(namespaces).toEqual(['warm-pods-production', 'warm-pods-production'])
    for (const { by, namespace, metric, dimensions } of [...ofAlarms(), ...ofDashboard()]) {
      if (namespace === 'warm-pods-production') {
        expect(METRICS, by).toHaveProperty(metric)
        expect(dimensions, by).toEqual({})
      } else {
        expect(OF_AWS[namespace]?.metrics, `${by}: ${namespace}`).toContain(metric)
        expect(Object.keys(dimensions).sort(), by).toEqual(OF_AWS[namespace]?.dimensions)
      }
    }
  })

  it('is of this stage: every function, queue, API and target group that is named is in the graph', () => {
    const stage = production()
    const outputs = stage.graph.resources.map((r) => r.outputs)
    const known = new Set(
      outputs.flatMap((o) => [o['name'], o['id'], o['arnSuffix']]).filter((one) => typeof one === 'string'),
    )
    const apis = stage.all('apigatewayv2/route:Route').map((r) => String(r.inputs['apiId']))
    for (const { by, namespace, dimensions } of [...ofAlarms(), ...ofDashboard()]) {
      if (namespace === 'AWS/Billing') continue
      for (const value of Object.values(dimensions)) expect([...known, ...apis], by).toContain(value)
    }
  })

  it('every metric of our own is on the dashboard', () => {
    const shown = ofDashboard().map(({ metric }) => metric)
    expect(Object.keys(METRICS).filter((metric) => !shown.includes(metric))).toEqual([])
  })

  it('expressions are over what stands beside them, and show one line', () => {
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

/** Names in an expression that are neither an id nor a function. */
function unknownIn(expression: string | undefined, ids: readonly string[]): string[] {
  const names = expression?.match(/[A-Za-z]\w*/g) ?? []
  return names.filter((name) => !ids.includes(name) && !['FILL', 'IF'].includes(name))
}

describe('alarms', () => {
  it('cry when the pool is below its target, and when too many visitors find it empty', () => {
    const stage = production()
    expect(stage.one('MetricAlarm', 'PoolLow').inputs).toMatchObject({ threshold: 4, metricName: 'WarmPods' })
    expect(stage.one('MetricAlarm', 'ColdShare').inputs).toMatchObject({
      threshold: 20,
      comparisonOperator: 'GreaterThanThreshold',
      treatMissingData: 'notBreaching',
    })
  })
})

describe('the dashboard', () => {
  it('is production’s while it is awake, and no other stage’s', () => {
    for (const name of NAMES) {
      expect(stageOf(name).all('Dashboard'), name).toHaveLength(name === 'production' ? 1 : 0)
    }
  })

  it('shows graphs side by side, none over another, in the region of the stage', () => {
    const places = widgets().map(({ x, y }) => `${x},${y}`)
    expect(new Set(places).size).toBe(places.length)
    const elsewhere = widgets().filter(({ properties }) => properties.region !== 'eu-central-1')
    expect(elsewhere.map(({ properties }) => properties.title)).toEqual(['The account’s bill, this month'])
  })
})
