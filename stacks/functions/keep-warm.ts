import { KEEP_WARM } from '../../packages/functions/src/api/keep-warm.ts'
import type { Settings } from '../settings/settings.ts'
import type { Api } from './api.ts'
import { serviceTrust } from './roles.ts'

/**
 * Invokes the api Lambda every four minutes, so that one process is always warm, with open connections (ADR 29).
 * The event goes to the function itself. No route of the API leads to it, and a request cannot look like it
 * (packages/functions/src/api/keep-warm.ts). A failed invocation is not retried: the next one does the same.
 */
export function createKeepWarm(settings: Settings, { fn }: Api) {
  new sst.aws.CronV2('KeepWarm', {
    function: fn,
    event: { ...KEEP_WARM },
    schedule: 'rate(4 minutes)',
    retries: 0,
    transform: {
      role: {
        name: `${$app.name}-${settings.stage}-keep-warm`,
        assumeRolePolicy: serviceTrust('scheduler.amazonaws.com'),
      },
      schedule: (schedule) => {
        schedule.name = `${$app.name}-${settings.stage}-keep-warm`
        schedule.target = $util.output(schedule.target).apply((target) => ({
          ...target,
          retryPolicy: { ...target.retryPolicy, maximumEventAgeInSeconds: 60 },
        }))
        return undefined
      },
    },
  })
}
