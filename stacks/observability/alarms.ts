import type { Metric } from '../../packages/functions/src/lib/metrics.ts'
import type { Api } from '../functions/api.ts'
import type { Refill } from '../functions/refill.ts'
import type { LoadBalancer } from '../network/load-balancer.ts'
import type { Settings } from '../settings/settings.ts'
import { COLD_SHARE, metricsNamespace } from './metric-math.ts'
import { COLD_SHARE_PERCENT, targetOf } from './thresholds.ts'

interface Alarm {
  readonly description: string
  readonly metric: string
  readonly namespace: string
  readonly dimensions: Record<string, $util.Input<string>>
  readonly statistic: 'Sum' | 'Minimum' | 'Maximum'
  readonly is: 'above' | 'below'
  readonly threshold: number
  /** Consecutive periods of one minute. */
  readonly minutes: number
  /** How CloudWatch treats periods without data. */
  readonly missingData: 'breaching' | 'notBreaching'
}

interface Actions {
  readonly alarmActions: $util.Output<string>[]
  readonly okActions: $util.Output<string>[]
}

/**
 * Creates the CloudWatch alarms and the SNS topic that mails them. Each mail quotes the alarm's description, which says
 * where to look first.
 * Raw Pulumi: SST has no component for alarms, and sst.aws.SnsTopic subscribes only Lambdas and queues, no mail address.
 * @param refill undefined while the stage is asleep; the alarms about refill and the pool are then left out.
 */
export function createAlarms(
  settings: Settings,
  email: string,
  api: Api,
  refill: Refill | undefined,
  loadBalancer: LoadBalancer | undefined,
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
      treatMissingData: alarm.missingData,
      ...actions,
    })

  const gateway = { ApiId: api.gateway.nodes.api.id }
  raise('ApiErrors', {
    description:
      'The API answers 5xx. Search the log of the Api function for the event internal_error and its request id.',
    namespace: 'AWS/ApiGateway',
    metric: '5xx',
    dimensions: gateway,
    statistic: 'Sum',
    is: 'above',
    threshold: 5,
    minutes: 5,
    missingData: 'notBreaching',
  })
  raise('ApiThrottled', {
    description:
      'Lambda throttles the API: the account’s concurrency is used up (docs/operations.md, "When something is wrong").',
    namespace: 'AWS/Lambda',
    metric: 'Throttles',
    dimensions: { FunctionName: api.fn.name },
    statistic: 'Sum',
    is: 'above',
    threshold: 0,
    minutes: 3,
    missingData: 'notBreaching',
  })
  if (refill) refillAlarms(refill, raise)
  if (refill) poolAlarms(targetOf(settings), raise, actions)
  if (loadBalancer) {
    raise('NoGateway', {
      description:
        'The load balancer has no healthy gateway. Run kubectl -n warm-pods get pods,targetgroupbindings.',
      namespace: 'AWS/ApplicationELB',
      metric: 'HealthyHostCount',
      dimensions: {
        LoadBalancer: loadBalancer.balancer.arnSuffix,
        TargetGroup: loadBalancer.targetGroup.arnSuffix,
      },
      statistic: 'Minimum',
      is: 'below',
      threshold: 1,
      minutes: 5,
      missingData: 'breaching',
    })
  }
}

function refillAlarms({ fn, failures }: Refill, raise: (id: string, alarm: Alarm) => unknown) {
  const lambda = { namespace: 'AWS/Lambda', dimensions: { FunctionName: fn.name }, statistic: 'Sum' } as const
  raise('RefillFails', {
    ...lambda,
    description:
      'Refill fails because DynamoDB or Kubernetes does not answer. GET /health names the dependency.',
    metric: 'Errors',
    is: 'above',
    threshold: 0,
    minutes: 5,
    missingData: 'notBreaching',
  })
  raise('RefillSilent', {
    ...lambda,
    description:
      'Refill has not run for five minutes. The schedule is disabled, or has no permission to invoke it.',
    metric: 'Invocations',
    is: 'below',
    threshold: 1,
    minutes: 5,
    missingData: 'breaching',
  })
  raise('RefillLostWakes', {
    description: 'Lambda gave up triggers of refill. The queue holds each with its error.',
    namespace: 'AWS/SQS',
    metric: 'ApproximateNumberOfMessagesVisible',
    dimensions: { QueueName: failures.nodes.queue.name },
    statistic: 'Maximum',
    is: 'above',
    threshold: 0,
    minutes: 1,
    missingData: 'notBreaching',
  })
}

/** Alarms on the functions' own metrics: the number of warm pods, and the share of claims without one. */
function poolAlarms(target: number, raise: (id: string, alarm: Alarm) => unknown, actions: Actions) {
  const pool: Metric = 'WarmPods'
  raise('PoolLow', {
    description: `Fewer than ${target} pods have been warm for five minutes. GET /pool names the problem.`,
    namespace: metricsNamespace(),
    metric: pool,
    dimensions: {},
    statistic: 'Maximum',
    is: 'below',
    threshold: target,
    minutes: 5,
    missingData: 'notBreaching',
  })
  new aws.cloudwatch.MetricAlarm('ColdShare', {
    name: `${$app.name}-${$app.stage}-ColdShare`,
    alarmDescription: `For half an hour more than ${COLD_SHARE_PERCENT} % of claims have found no warm pod: visitors arrive faster than pods start. GET /pool forecasts the effect of one more warm pod.`,
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
