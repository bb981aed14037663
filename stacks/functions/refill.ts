import type { ClusterFacts } from '../cluster/cluster.ts'
import { controlPlane } from '../settings/environment.ts'
import type { Settings } from '../settings/settings.ts'
import { lambda } from './lambda.ts'
import { serviceTrust } from './roles.ts'
import type { Data } from './tables.ts'

/** The Lambda that keeps the pool whole: woken every minute, and by the API after each claim. */
export function refill(s: Settings, tables: Data, k8s: ClusterFacts) {
  const fn = lambda('Refill', 'refill/handler.handler', s, {
    memory: '1024 MB',
    // One run stays 45 s at most (refillRunMs), and ends before the next tick.
    timeout: '55 seconds',
    // It wakes nobody; the name stands in the same table as the API's.
    environment: controlPlane(s, tables, k8s, 'itself'),
    permissions: [
      {
        actions: ['dynamodb:GetItem', 'dynamodb:PutItem', 'dynamodb:Query', 'dynamodb:UpdateItem'],
        resources: [tables.pool.arn],
      },
      {
        actions: ['dynamodb:BatchGetItem', 'dynamodb:GetItem', 'dynamodb:PutItem'],
        resources: [tables.sessions.arn],
      },
      { actions: ['dynamodb:Query'], resources: [$interpolate`${tables.sessions.arn}/index/live`] },
    ],
  })
  const lost = lostWakes(s, fn)
  const schedule = everyMinute(s, fn)
  return { fn, lost, schedule }
}
export type Refill = ReturnType<typeof refill>

/** Every wake is asynchronous. One that failed twice, or is older than two ticks, is kept where an alarm sees it. */
function lostWakes(s: Settings, fn: sst.aws.Function) {
  const queue = new aws.sqs.Queue('RefillLost', {
    name: `${$app.name}-${s.stage}-refill-lost`,
    messageRetentionSeconds: 14 * 24 * 3600,
    sqsManagedSseEnabled: true,
  })
  const send = new aws.iam.RolePolicy('RefillLostPolicy', {
    role: fn.nodes.role.name,
    policy: queue.arn.apply((arn) =>
      JSON.stringify({
        Version: '2012-10-17',
        Statement: [{ Effect: 'Allow', Action: ['sqs:SendMessage'], Resource: [arn] }],
      }),
    ),
  })
  new aws.lambda.FunctionEventInvokeConfig(
    'RefillWakes',
    {
      functionName: fn.name,
      maximumRetryAttempts: 1,
      maximumEventAgeInSeconds: 120,
      destinationConfig: { onFailure: { destination: queue.arn } },
    },
    { dependsOn: [send] },
  )
  return queue
}

function everyMinute(s: Settings, fn: sst.aws.Function) {
  const role = new aws.iam.Role('ScheduleRole', {
    name: `${$app.name}-${s.stage}-schedule`,
    assumeRolePolicy: serviceTrust('scheduler.amazonaws.com'),
  })
  new aws.iam.RolePolicy('SchedulePolicy', {
    role: role.name,
    policy: fn.arn.apply((arn) =>
      JSON.stringify({
        Version: '2012-10-17',
        Statement: [{ Effect: 'Allow', Action: ['lambda:InvokeFunction'], Resource: [arn] }],
      }),
    ),
  })
  return new aws.scheduler.Schedule('EveryMinute', {
    name: `${$app.name}-${s.stage}-refill`,
    scheduleExpression: 'rate(1 minute)',
    flexibleTimeWindow: { mode: 'OFF' },
    // The next tick is the retry.
    target: {
      arn: fn.arn,
      roleArn: role.arn,
      retryPolicy: { maximumRetryAttempts: 0, maximumEventAgeInSeconds: 60 },
    },
  })
}
