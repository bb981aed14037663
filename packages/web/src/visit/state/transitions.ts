import type { Session } from '@warm-pods/core/api/contracts.ts'
import { closeVerdict } from './close-verdict.ts'
import { type Held, isHolding, type Outage, type Phase } from './phase.ts'
import { FAILED_AFTER, resumeOf, retryOf } from './retry-policy.ts'
import type { EventOf } from './visit-event.ts'

/** Returns the session of a phase, or of the request that the phase interrupted. */
export function sessionIdOf(phase: Phase): string | undefined {
  if ('session' in phase) return phase.session.id
  return 'resume' in phase && phase.resume.to !== 'claim' ? phase.resume.session.id : undefined
}

/** Returns the phase of a first request for a pod. @param fresh with a new secret. */
export function ask(atMs: number, fresh = false): Phase {
  return { status: 'requesting', askedMs: atMs, attempt: 1, notBeforeMs: atMs, fresh }
}

/** The button that asks for a pod: it starts anew, or ends a wait at once. */
export function asked(phase: Phase, atMs: number): Phase {
  switch (phase.status) {
    case 'idle':
      // The session goes on in another tab; with its secret this tab would take the pod away.
      return ask(atMs, phase.why === 'elsewhere')
    case 'asleep':
    case 'failed':
      return ask(atMs)
    case 'offline':
    case 'exhausted':
      return retryOf(phase.resume, 0, atMs)
    default:
      return phase
  }
}

/** Keeps the fields that all phases with a pod share. */
export function hold(
  status: 'live',
  { session, connection, sinceMs }: Extract<Phase, { sinceMs: number }>,
): Extract<Phase, { status: 'live' }> {
  return { status, session, connection, sinceMs }
}

/** The browser reports that it is offline. The present request is resumed when it is online again. */
export function wentOffline(phase: Phase, atMs: number): Phase {
  const rest = { status: 'offline', why: 'event', retryMs: undefined, attempt: 0 } as const
  switch (phase.status) {
    case 'idle':
    case 'asleep':
    case 'failed':
      return phase
    case 'recovering':
    case 'lost':
      return { ...rest, resume: resumeOf(phase) }
    case 'live':
    case 'degraded':
    case 'expiring':
      return { ...rest, resume: { to: 'rejoin', session: phase.session, sinceMs: atMs } }
    case 'offline':
    case 'exhausted':
    case 'limited':
      return { ...rest, resume: phase.resume }
    default:
      return { ...rest, resume: { to: 'claim', askedMs: atMs } }
  }
}

/** A pod has an address, so the page connects to it. */
export function claimed(phase: Phase, { session, atMs }: EventOf<'claimed'>): Phase {
  switch (phase.status) {
    case 'requesting':
    case 'provisioning':
      return {
        status: 'connecting',
        askedMs: phase.askedMs,
        session,
        connection: connectionOf(session, 1),
        attempt: 1,
        step: 'opening',
        claimedMs: atMs,
        openedMs: undefined,
      }
    case 'connecting':
      return {
        ...phase,
        session,
        // Tries to reach the API do not count as tries to reach the pod.
        attempt: phase.step === 'rejoining' ? 1 : phase.attempt,
        connection: connectionOf(session, phase.step === 'rejoining' ? 1 : phase.attempt),
        step: 'opening',
        claimedMs: atMs,
        openedMs: undefined,
      }
    case 'recovering':
    case 'lost':
      return {
        ...phase,
        session,
        step: 'connecting',
        connection: connectionOf(session, phase.attempt),
        outage: { ...phase.outage, claimedMs: atMs },
      }
    default:
      return phase
  }
}

function connectionOf(session: Session, attempt: number): string {
  return `${session.epoch}.${attempt}`
}

/** A pod is starting: keeps its progress, and when the page first saw that the cluster had made it. */
export function starting(phase: Phase, { session, atMs }: EventOf<'starting'>): Phase {
  switch (phase.status) {
    case 'requesting':
    case 'provisioning':
    case 'connecting':
      return { status: 'provisioning', askedMs: phase.askedMs, session }
    case 'recovering':
    case 'lost': {
      const created = session.progress?.some(({ step, at }) => step === 'created' && at !== null)
      const createdMs = phase.outage.createdMs ?? (created ? atMs : undefined)
      const outage: Outage = {
        ...phase.outage,
        // Without room for another pod the API lets the Job heal, even if the page requested a fail-over.
        ...(session.state === 'recovering' && { recover: 'heal' }),
        ...(session.progress && { progress: session.progress }),
        ...(createdMs !== undefined && { createdMs }),
      }
      return { ...phase, session, outage, step: 'starting' }
    }
    default:
      return phase
  }
}

/** A pod did not answer in time, or closed the socket before its first pong. */
export function unopened(phase: Phase, event: EventOf<'unopened'>): Phase {
  const verdict = event.code === undefined ? 'again' : closeVerdict(event.code)
  if (verdict === 'elsewhere') return { status: 'idle', why: 'elsewhere' }
  if (phase.status !== 'connecting' && phase.status !== 'recovering' && phase.status !== 'lost') return phase
  const attempt = phase.attempt + 1
  if (attempt > FAILED_AFTER)
    return { status: 'failed', reason: 'unopened', requestId: undefined, lastWorkedMs: event.lastWorkedMs }
  // A pod that never answered has cost the visitor 5 s already, so the first retry is immediate.
  if (phase.status === 'connecting') return { ...phase, attempt, step: 'rerouting' }
  return { ...phase, attempt, step: 'claiming', replacing: phase.session.epoch, notBeforeMs: event.atMs }
}

/** A pod that had answered is dead, or its socket is. */
export function died(phase: Phase, { atMs, by, code }: EventOf<'dead'>): Phase {
  const verdict = code === undefined ? 'dead' : closeVerdict(code)
  if (phase.status === 'terminating') {
    const outage = { ...phase.outage, toldMs: atMs, toldBy: by }
    return { status: 'recovering', ...replace(phase, outage, atMs) }
  }
  if (!isHolding(phase)) return phase
  if (verdict === 'elsewhere') return { status: 'idle', why: 'elsewhere' }
  const { session, connection } = phase
  if (verdict === 'again')
    return {
      status: 'connecting',
      askedMs: atMs,
      session,
      connection,
      attempt: 2,
      step: 'rerouting',
      claimedMs: atMs,
      openedMs: undefined,
    }
  const outage: Outage = {
    cause: 'itself',
    how: undefined,
    recover: 'failover',
    of: session,
    atMs,
    toldMs: atMs,
    toldBy: by,
  }
  return { status: 'lost', ...replace(phase, outage, atMs) }
}

function replace(
  { session, connection }: { session: Held; connection: string },
  outage: Outage,
  atMs: number,
) {
  return {
    session,
    outage,
    replacing: session.epoch,
    connection,
    step: 'claiming',
    attempt: 1,
    notBeforeMs: atMs,
  } as const
}

/** The visitor’s kill. Without a held pod it changes nothing. */
export function kill(phase: Phase, { how, recover, atMs }: EventOf<'kill'>): Phase {
  if (!isHolding(phase)) return phase
  const outage: Outage = { cause: 'click', how, recover, of: phase.session, atMs }
  return { ...hold('live', phase), status: 'terminating', outage }
}
