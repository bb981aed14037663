import { LIMITS } from '../packages/core/src/limits.ts'
import type { Api } from './api.ts'
import type { Edge } from './edge.ts'
import type { Refill } from './refill.ts'
import type { Settings } from './settings.ts'

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
      alarmActions: [topic.arn],
      okActions: [topic.arn],
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
  if (worker) poolAlarm(worker, s.limits.target ?? LIMITS.target, raise)
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

/** How full the pool is, from what each run of refill logs (packages/functions/src/events.ts). */
function poolAlarm({ fn }: Refill, target: number, raise: (id: string, alarm: Alarm) => unknown) {
  const group = $util.output(fn.nodes.logGroup.apply((made) => made?.name)).apply((name) => name ?? '')
  const metric = { namespace: `${$app.name}-${$app.stage}`, name: 'WarmPods' }
  new aws.cloudwatch.LogMetricFilter('PoolLevel', {
    logGroupName: group,
    pattern: '{ $.event = "refill_run" }',
    metricTransformation: { ...metric, value: '$.warm' },
  })
  raise('PoolLow', {
    description: `Fewer than ${target} pods have been warm for five minutes. GET /pool says what holds it up.`,
    namespace: metric.namespace,
    metric: metric.name,
    dimensions: {},
    statistic: 'Maximum',
    is: 'below',
    threshold: target,
    minutes: 5,
    silence: 'notBreaching',
  })
}
