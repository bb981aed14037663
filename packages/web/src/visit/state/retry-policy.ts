import type { ApiErrorCode } from '@warm-pods/core/api/errors.ts'
import { backoffMs } from './backoff.ts'
import { pathTo } from './path.ts'
import { isReaching, type Phase, type Resume } from './phase.ts'
import { pauseMs, type Trouble } from './trouble.ts'
import type { EventOf } from './visit-event.ts'
import type { Visit } from './visit-state.ts'

/** Failed tries in a row after which the page shows that the demo is down. */
export const FAILED_AFTER = 6

/** Returns the phase that resumes an interrupted request. @param attempt failed tries so far. */
export function retryOf(resume: Resume, attempt: number, atMs: number): Phase {
  if (resume.to === 'claim')
    return {
      status: 'requesting',
      askedMs: resume.askedMs,
      attempt: attempt + 1,
      notBeforeMs: atMs,
      fresh: false,
    }
  if (resume.to === 'rejoin') {
    const { session, sinceMs } = resume
    return {
      status: 'connecting',
      askedMs: atMs,
      session,
      path: pathTo(session, atMs),
      attempt: attempt + 1,
      step: 'rejoining',
      notBeforeMs: atMs,
      away: { sinceMs, epoch: session.epoch },
      claimedMs: atMs,
      openedMs: undefined,
    }
  }
  const { session, outage, replacing } = resume
  const status = outage.cause === 'click' ? 'recovering' : 'lost'
  return {
    status,
    session,
    outage,
    replacing,
    path: pathTo(session, atMs),
    step: 'claiming',
    attempt: attempt + 1,
    notBeforeMs: atMs,
  }
}

/** Returns the visit after an error of the API. */
export function afterApiError(visit: Visit, event: EventOf<'api-error'>): Visit {
  const { phase, trouble } = visit
  const wait = waitOf(phase)
  if (!wait) return visit
  const { error, atMs, random, lastWorkedMs } = event
  const failed = {
    status: 'failed',
    reason: error.message,
    requestId: error.requestId,
    lastWorkedMs,
  } as const
  const { attempt, resume } = wait
  const then = (next: Phase, counted: Partial<Trouble> = {}): Visit => ({
    ...visit,
    phase: next,
    trouble: { ...trouble, ...counted },
  })
  // The API sends `retryAfterMs` wherever a retry makes sense.
  const retryAfterMs = error.retryAfterMs ?? 1_000
  // Only the type is imported: the error table with its messages would weigh on the first paint.
  switch (error.code as ApiErrorCode) {
    case 'no_session':
    case 'session_over':
    case 'bad_secret': {
      // A network that let no socket through would waste another pod.
      if ('session' in phase && (trouble.blocked > 0 || (isReaching(phase) && phase.path.failures > 0)))
        return then({ status: 'idle', why: 'unreached', release: phase.session.id })
      // The old session is gone, so a new secret begins another one. Many in a row would be a bug of the page.
      const lost = trouble.lost + 1
      if (lost > FAILED_AFTER) return then(failed)
      const notBeforeMs = atMs + pauseMs(lost, random)
      const next = attempt + 1
      return then({ status: 'requesting', askedMs: atMs, attempt: next, notBeforeMs, fresh: true }, { lost })
    }
    case 'too_many_claims':
    case 'too_many_recoveries':
    case 'too_many_sessions': {
      const atMost = error.code === 'too_many_sessions'
      return then({
        status: 'limited',
        resume,
        attempt: 0,
        retryMs: atMs + (error.retryAfterMs ?? (atMost ? 30_000 : 60_000)),
        message: error.message,
        atMost,
        promised: error.retryAfterMs !== undefined,
      })
    }
    case 'capacity': {
      const waits = trouble.waits + 1
      const retryMs = atMs + retryAfterMs * Math.min(WAIT_GROWS_TO, waits) * (1 + random / 2)
      return then({ status: 'exhausted', resume, attempt: 0, retryMs }, { waits })
    }
    case 'asleep':
      return then(failed)
    default: {
      // `retryAfterMs` decides, also for an error that only a newer API knows. For another epoch the page asks again.
      if (error.retryAfterMs === undefined && !error.code.endsWith('_epoch')) return then(failed)
      if (attempt >= FAILED_AFTER)
        return then({ ...failed, again: againOf(resume, visit, event) }, { failed: trouble.failed + 1 })
      const waitMs = attempt === 1 ? retryAfterMs * random : backoffMs(attempt, random)
      return then(retryOf(resume, attempt, atMs + waitMs), { refusal: error.message })
    }
  }
}

/** At capacity each wait is longer than the one before, up to this many times the API's own `retryAfterMs`. */
const WAIT_GROWS_TO = 4

/** A failed page goes on by itself after a pause, so that it does not load a broken API: the first and the longest, ms. */
const AGAIN_MS = 12_000
const AGAIN_MAX_MS = 120_000

function againOf(
  resume: Resume,
  { trouble }: Visit,
  { atMs, random }: { readonly atMs: number; readonly random: number },
): { resume: Resume; notBeforeMs: number } {
  const pauseMs = Math.min(AGAIN_MAX_MS, AGAIN_MS * 2 ** trouble.failed)
  return { resume, notBeforeMs: atMs + pauseMs * (0.5 + random / 2) }
}

/** A visitor who had a pod has seen the demo work, so the page retries without end. The back-off stops growing here. */
const WAITED_FOR = 4

/** Returns the visit after a request without an answer: offline with retries, or failed if the API never answered. */
export function unreachable(visit: Visit, event: EventOf<'unreachable'>): Visit {
  const { phase, trouble } = visit
  const wait = waitOf(phase)
  if (!wait) return visit
  const { atMs, random, lastWorkedMs } = event
  const why = event.foreign ? 'foreign' : 'unreachable'
  const resume = wait.resume.to === 'recover' ? unreached(wait.resume) : wait.resume
  if (resume.to === 'claim' && wait.attempt >= FAILED_AFTER) {
    const again = againOf(resume, visit, event)
    const failed = { status: 'failed', reason: why, requestId: undefined, lastWorkedMs, again } as const
    return { ...visit, phase: failed, trouble: { ...trouble, failed: trouble.failed + 1 } }
  }
  const attempt = resume.to === 'claim' ? wait.attempt : Math.min(wait.attempt, WAITED_FOR)
  const retryMs = atMs + backoffMs(attempt, random)
  return { ...visit, phase: { status: 'offline', why, resume, attempt, retryMs } }
}

/** Returns the request of a phase and the number of its tries; undefined in a phase without a request. */
function waitOf(phase: Phase): { resume: Resume; attempt: number } | undefined {
  switch (phase.status) {
    case 'requesting':
    case 'provisioning':
      return { resume: { to: 'claim', askedMs: phase.askedMs }, attempt: phase.attempt }
    case 'connecting':
      return { resume: rejoinOf(phase), attempt: phase.attempt }
    case 'reconnecting':
      return { resume: { to: 'rejoin', session: phase.session, sinceMs: phase.path.sinceMs }, attempt: 1 }
    case 'recovering':
    case 'lost':
      return { resume: resumeOf(phase), attempt: phase.attempt }
    default:
      return undefined
  }
}

/**
 * Returns how to resume an interrupted recovery. A pod that ended without a kill may only have been unreachable, as long
 * as the page could not request a replacement. The page then tries to rejoin it.
 */
export function resumeOf({
  session,
  outage,
  replacing,
  step,
}: Extract<Phase, { replacing: number }>): Resume {
  if (outage.cause === 'itself' && step === 'claiming' && replacing === outage.of.epoch)
    return { to: 'rejoin', session: outage.of, sinceMs: outage.atMs }
  return { to: 'recover', session, outage, replacing }
}

/** Returns how to resume an interrupted connection: with the same pod after an outage, otherwise with a claim. */
function rejoinOf({ askedMs, session, away }: Extract<Phase, { status: 'connecting' }>): Resume {
  return away ? { to: 'rejoin', session, sinceMs: away.sinceMs } : { to: 'claim', askedMs }
}

function unreached(resume: Extract<Resume, { to: 'recover' }>): Resume {
  return { ...resume, outage: { ...resume.outage, unreached: true } }
}
