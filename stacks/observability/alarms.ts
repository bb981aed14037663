import { LIMITS } from '../../packages/core/src/limits.ts'
import type { Metric } from '../../packages/functions/src/lib/metrics.ts'
import type { Api } from '../functions/api.ts'
import type { Refill } from '../functions/refill.ts'
import type { Edge } from '../network/load-balancer.ts'
import type { Settings } from '../settings/settings.ts'
import { COLD_SHARE, metricsNamespace } from './metric-math.ts'

interface Alarm {
  readonly description: string
  readonly metric: string
  readonly namespace: string
  readonly dimensions: Record<string, $util.Input<string>>
  readonly statistic: 'Sum' | 'Minimum' | 'Maximum'
  readonly is: 'above' | 'below'
  readonly threshold: number
  /** Periods in a row. */
  readonly minutes: number
  /** What no data means. */
  readonly silence: 'breaching' | 'notBreaching'
}

interface Actions {
  readonly alarmActions: $util.Output<string>[]
  readonly okActions: $util.Output<string>[]
}

/** The forecast for four warm pods at four visitors a minute is 0.1 % (docs/design.md). */
const COLD_SHARE_PERCENT = 20

/** Who is told what. Each description is what to look at first: it stands in the mail. */
export function alarms(
  s: Settings,
  email: string,
  http: Api,
  worker: Refill | undefined,
  front: Edge | undefined,
) {
  const topic = new aws.sns.Topic('Alarms', { name: `${$app.name}-${$app.stage}-alarms` })
  new aws.sns.TopicSubscription('AlarmsMail', { topic: topic.arn, protocol: 'email', endpoint: email })
  const actions = { alarmActions: [topic.arn], okActions: [topic.arn] }
  const raise = (id: string, alarm: Alarm) =>
    new aws.cloudwatch.MetricAlarm(id, {
      name: `${$app.name}-${$app.stage}-${id}`,
      alarmDescription: alarm.description,
      namespace: alarm.namespace,
      metricName: alarm.metric,
      dimensions: alarm.dimensions,
      statistic: alarm.statistic,
      comparisonOperator: alarm.is === 'above' ? 'GreaterThanThreshold' : 'LessThanThreshold',
      threshold: alarm.threshold,
      period: 60,
      evaluationPeriods: alarm.minutes,
      treatMissingData: alarm.silence,
      ...actions,
    })

  const gateway = { ApiId: http.gateway.nodes.api.id }
  raise('ApiErrors', {
    description:
      'The API answers 5xx. See the log of the Api function: event internal_error, then its request id.',
    namespace: 'AWS/ApiGateway',
    metric: '5xx',
    dimensions: gateway,
    statistic: 'Sum',
    is: 'above',
    threshold: 5,
    minutes: 5,
    silence: 'notBreaching',
  })
  raise('ApiThrottled', {
    description:
      'Lambda refuses calls of the API: the account’s concurrency is used up (operations.md, "Quota").',
    namespace: 'AWS/Lambda',
    metric: 'Throttles',
    dimensions: { FunctionName: http.fn.name },
    statistic: 'Sum',
    is: 'above',
    threshold: 0,
    minutes: 3,
    silence: 'notBreaching',
  })
  if (worker) refillAlarms(worker, raise)
  if (worker) poolAlarms(s.limits.target ?? LIMITS.target, raise, actions)
  if (front) {
    raise('NoGateway', {
      description:
        'No healthy gateway behind the load balancer: kubectl -n warm-pods get pods,targetgroupbindings.',
      namespace: 'AWS/ApplicationELB',
      metric: 'HealthyHostCount',
      dimensions: { LoadBalancer: front.balancer.arnSuffix, TargetGroup: front.targetGroup.arnSuffix },
      statistic: 'Minimum',
      is: 'below',
      threshold: 1,
      minutes: 5,
      silence: 'breaching',
    })
  }
  return topic
}

function refillAlarms({ fn, lost }: Refill, raise: (id: string, alarm: Alarm) => unknown) {
  const lambda = { namespace: 'AWS/Lambda', dimensions: { FunctionName: fn.name }, statistic: 'Sum' } as const
  raise('RefillFails', {
    ...lambda,
    description: 'Refill ends in errors: DynamoDB or Kubernetes does not answer it. GET /health names which.',
    metric: 'Errors',
    is: 'above',
    threshold: 0,
    minutes: 5,
    silence: 'notBreaching',
  })
  raise('RefillSilent', {
    ...lambda,
    description: 'Refill has not run for five minutes: the schedule is off, or may not invoke it.',
    metric: 'Invocations',
    is: 'below',
    threshold: 1,
    minutes: 5,
    silence: 'breaching',
  })
  raise('RefillLostWakes', {
    description: 'Wakes of refill were given up; each lies in the queue with its error.',
    namespace: 'AWS/SQS',
    metric: 'ApproximateNumberOfMessagesVisible',
    dimensions: { QueueName: lost.name },
    statistic: 'Maximum',
    is: 'above',
    threshold: 0,
    minutes: 1,
    silence: 'notBreaching',
  })
}

/** How full the pool is, and whether it is full enough: by what the functions measure themselves. */
function poolAlarms(target: number, raise: (id: string, alarm: Alarm) => unknown, actions: Actions) {
  const pool: Metric = 'WarmPods'
  raise('PoolLow', {
    description: `Fewer than ${target} pods have been warm for five minutes. GET /pool says what holds it up.`,
    namespace: metricsNamespace(),
    metric: pool,
    dimensions: {},
    statistic: 'Maximum',
    is: 'below',
    threshold: target,
    minutes: 5,
    silence: 'notBreaching',
  })
  new aws.cloudwatch.MetricAlarm('ColdShare', {
    name: `${$app.name}-${$app.stage}-ColdShare`,
    alarmDescription: `More than ${COLD_SHARE_PERCENT} % of claims have found no warm pod for half an hour: starts take longer than visitors are apart. GET /pool forecasts what one more would do.`,
    comparisonOperator: 'GreaterThanThreshold',
    threshold: COLD_SHARE_PERCENT,
    evaluationPeriods: 2,
    treatMissingData: 'notBreaching',
    metricQueries: COLD_SHARE.map(({ id, metric, expression }) => ({
      id,
      returnData: id === COLD_SHARE.at(-1)?.id,
      ...(expression ? { expression } : {}),
      ...(metric
        ? { metric: { namespace: metricsNamespace(), metricName: metric, stat: 'Sum', period: 900 } }
        : {}),
    })),
    ...actions,
  })
}
