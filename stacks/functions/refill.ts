import type { ClusterInfo } from '../cluster/cluster.ts'
import { controlPlaneEnvironment } from '../settings/environment.ts'
import type { Settings } from '../settings/settings.ts'
import { createLambda } from './lambda.ts'
import { serviceTrust } from './roles.ts'
import { rootAlias } from './root-alias.ts'
import type { Tables } from './tables.ts'

/**
 * Creates the Lambda that reconciles the pool. A schedule triggers it every minute, and the API after each claim.
 * @returns the function, and the queue of triggers that Lambda gave up.
 */
export function createRefill(settings: Settings, tables: Tables, cluster: ClusterInfo) {
  const failures = createFailureQueue(settings)
  const fn = createLambda('Refill', 'refill/handler.handler', settings, {
    memory: '1024 MB',
    // One invocation reconciles for at most 45 s (refillRunMs) and ends before the schedule's next trigger.
    timeout: '55 seconds',
    // Refill triggers no other function. It shares the API's configuration, which requires a name here.
    environment: controlPlaneEnvironment(settings, tables, cluster, 'itself'),
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
      { actions: ['sqs:SendMessage'], resources: [failures.arn] },
      { actions: ['eks:DescribeCluster'], resources: [cluster.arn] },
    ],
    // Lambda gives a trigger up after its second failure, or when it is as old as two periods of the schedule.
    asynchronous: { formerName: 'RefillWakes', retries: 1, maxAgeSeconds: 120, failures },
  })
  createSchedule(settings, fn)
  return { fn, failures }
}
export type Refill = ReturnType<typeof createRefill>

/**
 * Keeps each given-up trigger with its error for 14 days. The alarm RefillLostWakes watches the queue.
 * Both names stay, because renaming would replace the resources.
 */
function createFailureQueue(settings: Settings) {
  return new sst.aws.Queue('RefillLost', {
    transform: {
      queue: (queue, options) => {
        queue.name = `${$app.name}-${settings.stage}-refill-lost`
        queue.messageRetentionSeconds = 14 * 24 * 3600
        queue.sqsManagedSseEnabled = true
        // SST's defaults are AWS' own. A queue deployed before the component has none, so this leaves it unchanged.
        delete queue.fifoQueue
        delete queue.contentBasedDeduplication
        delete queue.visibilityTimeoutSeconds
        delete queue.delaySeconds
        options.aliases = [rootAlias('RefillLost')]
        return undefined
      },
    },
  })
}

/** Invokes refill once a minute. A failed invocation is not retried: the next trigger leads to the same work. */
function createSchedule(settings: Settings, fn: sst.aws.Function) {
  return new sst.aws.CronV2('EveryMinute', {
    function: fn,
    schedule: 'rate(1 minute)',
    retries: 0,
    transform: {
      role: (role, options) => {
        role.name = `${$app.name}-${settings.stage}-schedule`
        role.assumeRolePolicy = serviceTrust('scheduler.amazonaws.com')
        options.aliases = [rootAlias('ScheduleRole')]
        return undefined
      },
      schedule: (schedule, options) => {
        schedule.name = `${$app.name}-${settings.stage}-refill`
        schedule.target = $util.output(schedule.target).apply((target) => ({
          ...target,
          retryPolicy: { ...target.retryPolicy, maximumEventAgeInSeconds: 60 },
        }))
        options.aliases = [rootAlias('EveryMinute')]
        return undefined
      },
    },
  })
}
