import { LIMITS } from '@warm-pods/core/limits.ts'
import { HEADLINE, UNDER, UNNAMED } from '../copy/first-paint.ts'
import { legsLine } from '../visit/legs-text.ts'
import { startSteps, stepsLine } from '../visit/start-steps.ts'
import {
  isHealing,
  isReaching,
  isRequesting,
  originOf,
  type Phase,
  podOf,
  waitsForBackoff,
} from '../visit/state/phase.ts'
import { claimOf, lastRecovery } from '../visit/state/reducer.ts'
import type { Visit } from '../visit/state/visit-state.ts'

/** Text with the names of pods marked, so that the page can set them in the pod's colour. */
export type RichText = readonly (string | { readonly pod: string })[]

/** The text without marks, for logs and screen readers. */
export function plain(text: RichText): string {
  return text.map((part) => (typeof part === 'string' ? part : part.pod)).join('')
}

/** Puts a pod's name in the place of `{pod}`. */
function rich(template: string, alias: string = UNNAMED): RichText {
  const [before = '', after] = template.split('{pod}')
  return after === undefined ? [before] : [before, { pod: alias }, after]
}

/** Returns the headline of a visit. @param target slots of the pool. */
export function headline(visit: Visit, target: number = LIMITS.target): RichText {
  const { phase } = visit
  const mine = podOf(phase)?.alias
  switch (phase.status) {
    case 'idle':
      return rich(HEADLINE.idle[phase.why])
    case 'provisioning':
      return rich(phase.session.state === 'recovering' ? HEADLINE.healing : HEADLINE.starting)
    case 'live': {
      const recovery = lastRecovery(visit)
      return rich(
        recovery
          ? HEADLINE.back(recovery.totalMs)
          : HEADLINE.live[originOf(phase.session)].replace('{target}', `${target}`),
        mine,
      )
    }
    case 'expiring':
      return rich(phase.atLimit ? HEADLINE.atLimit : HEADLINE.expiring)
    case 'recovering': {
      const died = phase.outage.of.pod.alias
      if (!isHealing(phase)) return rich(HEADLINE.recovering)
      return rich(phase.step === 'connecting' ? HEADLINE.healed : HEADLINE.waitingForHeal, died)
    }
    case 'lost': {
      const { of, toldBy } = phase.outage
      return rich(toldBy === 'deadline' ? HEADLINE.silent : HEADLINE.lost, of.pod.alias)
    }
    case 'limited':
      return rich(phase.atMost ? HEADLINE.allHeld : HEADLINE.tooMany)
    case 'blocked':
      return rich(HEADLINE.blocked[phase.why])
    case 'offline':
      return rich(phase.why === 'event' ? HEADLINE.offline : HEADLINE[phase.why])
    case 'requesting':
    case 'connecting':
    case 'reconnecting':
    case 'degraded':
    case 'terminating':
    case 'exhausted':
    case 'asleep':
    case 'failed':
      return rich(HEADLINE[phase.status], mine)
    default:
      return phase satisfies never
  }
}

/** Whether `wait-help.tsx`, a chunk of its own, has the line under the headline or its end. These states are rare. */
export function needsHelp(visit: Visit): boolean {
  const { phase } = visit
  if (isHelpAlone(visit)) return true
  switch (phase.status) {
    case 'blocked':
    case 'reconnecting':
    case 'degraded':
    case 'exhausted':
    case 'limited':
    case 'asleep':
    case 'failed':
      return true
    case 'idle':
      return phase.why !== 'unseen'
    case 'offline':
      return phase.retryMs !== undefined
    default:
      return hasCheckedPath(phase)
  }
}

/** Whether the API has checked the way to a pod that this browser does not reach. */
function hasCheckedPath(phase: Phase): boolean {
  return isReaching(phase) && phase.path.reach !== undefined
}

/** Whether the chunk has the whole line: the Job controller waits, or the API refused the last try. */
function isHelpAlone(visit: Visit): boolean {
  return waitsForBackoff(visit.phase) || refusedTry(visit) !== undefined
}

/** Returns the message with which the API refused the last try, and the number of the present one. */
export function refusedTry({ phase, trouble }: Visit): { message: string; attempt: number } | undefined {
  const message = trouble.refusal
  return message !== undefined && isRequesting(phase) && phase.attempt > 1
    ? { message, attempt: phase.attempt }
    : undefined
}

/** Returns the line under the headline, without its timers. */
export function underline(visit: Visit): string {
  const { phase } = visit
  if (isHelpAlone(visit)) return ''
  switch (phase.status) {
    case 'idle':
      return phase.why === 'unseen' ? UNDER.unseen : ''
    case 'requesting':
      return UNDER.requesting
    case 'provisioning':
      return phase.session.state === 'recovering'
        ? UNDER.jobSteps + stepsLine(startSteps(phase.session))
        : stepsLine(startSteps(phase.session))
    case 'connecting':
      return phase.step === 'opening' && phase.path.tries > 1
        ? UNDER.retry(phase.path.tries)
        : UNDER[phase.step]
    // Their line is `wait-help.tsx`, a chunk of its own.
    case 'reconnecting':
    case 'blocked':
    case 'degraded':
    case 'exhausted':
    case 'limited':
    case 'asleep':
    case 'failed':
      return ''
    case 'live': {
      const recovery = lastRecovery(visit)
      if (recovery) return `${capital(legsLine(recovery.legs))}.`
      const claim = claimOf(visit)
      return (claim ? UNDER.firstPong(claim.ms) : '') + UNDER.live
    }
    case 'expiring':
      return phase.atLimit ? UNDER.atLimit : UNDER.expiring
    case 'terminating':
      return UNDER.terminating[phase.outage.how ?? 'polite']
    case 'recovering':
    case 'lost':
      return (phase.status === 'lost' ? UNDER.lost : '') + replacingLine(phase)
    case 'offline':
      return phase.why === 'event' ? UNDER.offline : UNDER[phase.why]
    default:
      return phase satisfies never
  }
}

function replacingLine(phase: Extract<Phase, { replacing: number }>): string {
  const { pod } = phase.session
  const steps = startSteps(phase.session)
  const healing = isHealing(phase)
  switch (phase.step) {
    case 'claiming':
      return UNDER.replacing
    case 'starting':
      return (healing ? UNDER.jobSteps : UNDER.cold) + stepsLine(steps)
    case 'connecting':
      return healing ? UNDER.jobPod(pod?.alias) : UNDER.claimed(pod?.alias)
    default:
      return phase.step satisfies never
  }
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1)
}
