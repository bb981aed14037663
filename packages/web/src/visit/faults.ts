import { FAULTS, type FaultCode } from '@warm-pods/core/faults.ts'
import { backoffMs } from './backoff.ts'
import type { Phase, Resume } from './phase.ts'
import type { VisitEvent } from './visit-event.ts'

/** Tries in a row after which the page says that the demo is down. */
export const FAILED_AFTER = 6

/** The phase that takes up what a wait interrupted. @param attempt failures so far. */
export function retryOf(resume: Resume, attempt: number, atMs: number): Phase {
  if (resume.to === 'claim')
    return {
      status: 'requesting',
      askedMs: resume.askedMs,
      attempt: attempt + 1,
      notBeforeMs: atMs,
      fresh: false,
    }
  const { session, outage, replacing } = resume
  const status = outage.cause === 'click' ? 'recovering' : 'lost'
  return {
    status,
    session,
    outage,
    replacing,
    link: '',
    step: 'claiming',
    attempt: attempt + 1,
    notBeforeMs: atMs,
  }
}

/** What a typed refusal of the API leads to. */
export function afterFault(phase: Phase, event: Extract<VisitEvent, { type: 'fault' }>): Phase {
  const wait = waitOf(phase)
  if (!wait) return phase
  const { error, atMs, random, lastWorkedMs } = event
  const failed: Phase = { status: 'failed', reason: error.message, requestId: error.requestId, lastWorkedMs }
  const attempt = wait.attempt
  const retryAfterMs = error.retryAfterMs ?? defaultRetryMs(error.code) ?? 1_000
  switch (isFault(error.code) ? error.code : undefined) {
    case 'no_session':
    case 'session_over':
    case 'bad_secret':
      // The old session is gone; a new secret begins another. Twice in a row would be a fault of ours.
      return attempt > FAILED_AFTER
        ? failed
        : { status: 'requesting', askedMs: atMs, attempt: attempt + 1, notBeforeMs: atMs, fresh: true }
    case 'too_many_claims':
    case 'too_many_recoveries':
    case 'too_many_sessions':
      return {
        status: 'limited',
        resume: wait.resume,
        attempt: 0,
        retryMs: atMs + retryAfterMs,
        message: error.message,
      }
    case 'capacity':
      return { status: 'exhausted', resume: wait.resume, attempt: 0, retryMs: atMs + retryAfterMs }
    case 'contention':
    case 'unavailable':
    case 'internal':
    case 'old_epoch':
    case 'future_epoch': {
      if (attempt >= FAILED_AFTER) return failed
      const pauseMs = attempt === 1 ? retryAfterMs * random : backoffMs(attempt, random)
      return retryOf(wait.resume, attempt, atMs + pauseMs)
    }
    default:
      return failed
  }
}

/** Nothing answered at all: offline as far as this page can tell, tried again and at last given up. */
export function unreachable(phase: Phase, event: Extract<VisitEvent, { type: 'unreachable' }>): Phase {
  const wait = waitOf(phase)
  if (!wait) return phase
  const { atMs, random, lastWorkedMs } = event
  if (wait.attempt >= FAILED_AFTER)
    return { status: 'failed', reason: 'unreachable', requestId: undefined, lastWorkedMs }
  const retryMs = atMs + backoffMs(wait.attempt, random)
  return { status: 'offline', why: 'unreachable', resume: wait.resume, attempt: wait.attempt, retryMs }
}

/** What is being asked of the API in a phase, and for the how manieth time; undefined: nothing that could be refused. */
function waitOf(phase: Phase): { resume: Resume; attempt: number } | undefined {
  switch (phase.status) {
    case 'requesting':
      return { resume: { to: 'claim', askedMs: phase.askedMs }, attempt: phase.attempt }
    case 'provisioning':
      return { resume: { to: 'claim', askedMs: phase.askedMs }, attempt: 1 }
    case 'connecting':
      return { resume: { to: 'claim', askedMs: phase.askedMs }, attempt: phase.attempt }
    case 'recovering':
    case 'lost':
      return { resume: resumeOf(phase), attempt: phase.attempt }
    default:
      return undefined
  }
}

/** A recovery as something to go on with later. */
export function resumeOf({ session, outage, replacing }: Extract<Phase, { replacing: number }>): Resume {
  return { to: 'recover', session, outage, replacing }
}

function isFault(code: string): code is FaultCode {
  return Object.hasOwn(FAULTS, code)
}

function defaultRetryMs(code: string): number | undefined {
  if (!isFault(code)) return undefined
  const row: { status: number; retryAfterMs?: number } = FAULTS[code]
  return row.retryAfterMs
}
