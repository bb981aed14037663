import { HELP, PATH, WAIT_HELP } from '../copy/path.ts'
import { STUCK_MS } from '../visit/effects/requests.ts'
import { jobBackoff } from '../visit/state/job-backoff.ts'
import { PODS_TRIED } from '../visit/state/path.ts'
import { waitsForBackoff } from '../visit/state/phase.ts'
import { FAILED_AFTER } from '../visit/state/retry-policy.ts'
import type { Visit } from '../visit/state/visit-state.ts'
import { refusedTry } from './headline-text.ts'

/** Explains a rare state: a wait, a failure or an end. Empty for the others. */
export function waitHelp(visit: Visit): string {
  const { phase } = visit
  if (waitsForBackoff(phase)) {
    const { ms, atLeast } = jobBackoff(visit)
    return WAIT_HELP.backoff(ms, atLeast)
  }
  const refused = refusedTry(visit)
  if (refused) return WAIT_HELP.refused(refused.message, refused.attempt)
  switch (phase.status) {
    case 'blocked':
      return phase.why === 'cut' ? PATH.cutAgain : PATH.refused
    case 'idle':
      return phase.why === 'unseen' ? '' : HELP.idle[phase.why]
    case 'degraded':
      return phase.slow.by === 'latency' ? HELP.slow(phase.slow.p95Ms) : HELP.silent(phase.slow.share)
    case 'limited':
      return phase.atMost ? HELP.allHeld : `${phase.message} ${HELP.tooMany}`
    case 'exhausted':
    case 'asleep':
      return HELP[phase.status]
    case 'failed':
      return failedLine(phase.reason)
    default:
      return pathHelp(phase)
  }
}

function pathHelp(phase: Visit['phase']): string {
  switch ('path' in phase ? phase.path.reach : undefined) {
    case 'answers':
      return PATH.answers
    case 'gateway_down':
      return PATH.gatewayDown
    case 'unknown':
      return PATH.unknown
    default:
      return phase.status === 'reconnecting' ? PATH.cut : ''
  }
}

/** @param reason one of the page's own, or the message of an API error. */
function failedLine(reason: string): string {
  switch (reason) {
    case 'unreachable':
    case 'foreign':
      return HELP.failed[reason](FAILED_AFTER)
    case 'unopened':
      return HELP.failed.unopened(PODS_TRIED)
    case 'stuck':
      return HELP.failed.stuck(STUCK_MS)
    default:
      return reason
  }
}
