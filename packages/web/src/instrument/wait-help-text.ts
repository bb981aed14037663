import { PATH, WAIT_HELP } from '../copy/path.ts'
import { jobBackoff } from '../visit/state/job-backoff.ts'
import { waitsForBackoff } from '../visit/state/phase.ts'
import type { Visit } from '../visit/state/visit-state.ts'
import { refusedTry } from './headline-text.ts'

/** Explains a wait: for a path that failed, for the Job controller, or after a refusal of the API. Empty for other waits. */
export function waitHelp(visit: Visit): string {
  const { phase } = visit
  if (waitsForBackoff(phase)) {
    const { ms, atLeast } = jobBackoff(visit)
    return WAIT_HELP.backoff(ms, atLeast)
  }
  const refused = refusedTry(visit)
  if (refused) return WAIT_HELP.refused(refused.message, refused.attempt)
  if (phase.status === 'blocked') return phase.why === 'cut' ? PATH.cutAgain : PATH.refused
  if (phase.status === 'idle') return PATH.ended
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
