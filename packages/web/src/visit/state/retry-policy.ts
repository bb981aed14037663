import type { ApiErrorCode } from '@warm-pods/core/api/errors.ts'
import { backoffMs } from './backoff.ts'
import type { Phase, Resume } from './phase.ts'
import type { VisitEvent } from './visit-event.ts'

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
      connection: '',
      attempt: attempt + 1,
      step: 'rejoining',
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
    connection: '',
    step: 'claiming',
    attempt: attempt + 1,
    notBeforeMs: atMs,
  }
}

/** Returns the phase after an error of the API. */
export function afterApiError(phase: Phase, event: Extract<VisitEvent, { type: 'api-error' }>): Phase {
  const wait = waitOf(phase)
  if (!wait) return phase
  const { error, atMs, random, lastWorkedMs } = event
  const failed = {
    status: 'failed',
    reason: error.message,
    requestId: error.requestId,
    lastWorkedMs,
  } as const
  const attempt = wait.attempt
  // The API sends `retryAfterMs` wherever a retry makes sense.
  const retryAfterMs = error.retryAfterMs ?? 1_000
  // Only the type is imported: the error table with its messages would weigh on the first paint.
  switch (error.code as ApiErrorCode) {
    case 'no_session':
    case 'session_over':
    case 'bad_secret':
      // The old session is gone, so a new secret begins another one. Many in a row would be a bug of the page.
      return attempt > FAILED_AFTER
        ? failed
        : { status: 'requesting', askedMs: atMs, attempt: attempt + 1, notBeforeMs: atMs, fresh: true }
    case 'too_many_claims':
    case 'too_many_recoveries':
    case 'too_many_sessions': {
      const atMost = error.code === 'too_many_sessions'
      return {
        status: 'limited',
        resume: wait.resume,
        attempt: 0,
        retryMs: atMs + (error.retryAfterMs ?? (atMost ? 30_000 : 60_000)),
        message: error.message,
        atMost,
        promised: error.retryAfterMs !== undefined,
      }
    }
    case 'capacity':
      return { status: 'exhausted', resume: wait.resume, attempt: 0, retryMs: atMs + retryAfterMs }
    case 'contention':
    case 'unavailable':
    case 'internal':
    case 'old_epoch':
    case 'future_epoch': {
      if (attempt >= FAILED_AFTER) return { ...failed, again: againOf(wait.resume, atMs) }
      const pauseMs = attempt === 1 ? retryAfterMs * random : backoffMs(attempt, random)
      return retryOf(wait.resume, attempt, atMs + pauseMs)
    }
    default:
      return failed
  }
}

/** A failed page goes on by itself after this long at the earliest, so that it does not load a broken API. */
const AGAIN_MS = 12_000

function againOf(resume: Resume, atMs: number): { resume: Resume; notBeforeMs: number } {
  return { resume, notBeforeMs: atMs + AGAIN_MS }
}

/** A visitor who had a pod has seen the demo work, so the page retries without end. The back-off stops growing here. */
const WAITED_FOR = 4

/** Returns the phase after a request without an answer: offline with retries, or failed if the API never answered. */
export function unreachable(phase: Phase, event: Extract<VisitEvent, { type: 'unreachable' }>): Phase {
  const wait = waitOf(phase)
  if (!wait) return phase
  const { atMs, random, lastWorkedMs } = event
  const why = event.foreign ? 'foreign' : 'unreachable'
  const resume = wait.resume.to === 'recover' ? unreached(wait.resume) : wait.resume
  if (resume.to === 'claim' && wait.attempt >= FAILED_AFTER) {
    const again = againOf(resume, atMs)
    return { status: 'failed', reason: why, requestId: undefined, lastWorkedMs, again }
  }
  const attempt = resume.to === 'claim' ? wait.attempt : Math.min(wait.attempt, WAITED_FOR)
  const retryMs = atMs + backoffMs(attempt, random)
  return { status: 'offline', why, resume, attempt, retryMs }
}

/** Returns the request of a phase and the number of its tries; undefined in a phase without a request. */
function waitOf(phase: Phase): { resume: Resume; attempt: number } | undefined {
  switch (phase.status) {
    case 'requesting':
      return { resume: { to: 'claim', askedMs: phase.askedMs }, attempt: phase.attempt }
    case 'provisioning':
      return { resume: { to: 'claim', askedMs: phase.askedMs }, attempt: 1 }
    case 'connecting':
      return { resume: rejoinOf(phase), attempt: phase.attempt }
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
