import { startSteps } from '../start-steps.ts'
import { pathTo } from './path.ts'
import {
  isHolding,
  isReaching,
  isWaitingForHeal,
  type Outage,
  type Phase,
  type ReachingPhase,
} from './phase.ts'
import { resumeOf, retryOf } from './retry-policy.ts'
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
export function asked(phase: Phase, { atMs, same }: EventOf<'ask'>): Phase {
  switch (phase.status) {
    case 'idle':
      // The session goes on in another tab. With its secret this tab takes the pod away, which the visitor must want.
      return ask(atMs, phase.why === 'elsewhere' && !same)
    case 'asleep':
    case 'failed':
      return ask(atMs)
    case 'offline':
    case 'exhausted':
    case 'blocked':
      return retryOf(phase.resume, 0, atMs)
    default:
      return phase
  }
}

/** Keeps the fields that all phases with a pod share. */
export function hold(
  status: 'live',
  { session, connection, sinceMs, joinedMs }: Extract<Phase, { joinedMs: number }>,
): Extract<Phase, { status: 'live' }> {
  return { status, session, connection, sinceMs, joinedMs }
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
    case 'reconnecting':
      return { ...rest, resume: { to: 'rejoin', session: phase.session, sinceMs: phase.path.sinceMs } }
    case 'offline':
    case 'exhausted':
    case 'limited':
    case 'blocked':
      return { ...rest, resume: phase.resume }
    default:
      return { ...rest, resume: { to: 'claim', askedMs: atMs } }
  }
}

/** A pod has an address, so the page connects to it. */
export function claimed(phase: Phase, { session, atMs }: EventOf<'claimed'>): Phase {
  // The same pod as before: its tries go on.
  if (isReaching(phase) && phase.session.epoch === session.epoch)
    return { ...phase, session, path: { ...phase.path, check: undefined } }
  switch (phase.status) {
    case 'requesting':
    case 'provisioning':
    case 'reconnecting':
      return {
        status: 'connecting',
        askedMs: 'askedMs' in phase ? phase.askedMs : phase.path.sinceMs,
        session,
        path: pathTo(session, atMs, 'path' in phase ? phase.path.connection : undefined),
        attempt: 'attempt' in phase ? phase.attempt : 1,
        step: 'opening',
        notBeforeMs: atMs,
        claimedMs: atMs,
        openedMs: undefined,
      }
    case 'connecting': {
      const { reread, ...rest } = phase
      // A replacement has a token of its own.
      const keeps = reread && session.epoch === phase.session.epoch
      const path = pathTo(session, atMs, phase.path.connection)
      return {
        ...rest,
        ...(keeps && { reread }),
        session,
        path,
        step: 'opening',
        claimedMs: atMs,
        openedMs: undefined,
      }
    }
    case 'recovering':
    case 'lost':
      return {
        ...phase,
        session,
        step: 'connecting',
        path: pathTo(session, atMs, phase.path.connection),
        outage: { ...phase.outage, claimedMs: atMs },
      }
    default:
      return phase
  }
}

/** A pod is starting: keeps its progress, and when the page first saw that the cluster had made it. */
export function starting(phase: Phase, { session, atMs }: EventOf<'starting'>): Phase {
  switch (phase.status) {
    case 'reconnecting':
      return { status: 'provisioning', askedMs: atMs, attempt: 1, session }
    case 'requesting':
    case 'provisioning':
    case 'connecting':
      return { status: 'provisioning', askedMs: phase.askedMs, attempt: phase.attempt, session }
    case 'recovering':
    case 'lost': {
      // The API knows of the kill, and no request to replace the pod has reached it yet. The page sends that request.
      if (session.epoch === phase.replacing) return phase
      const progress = startSteps(session)
      const created = progress?.some(({ step, at }) => step === 'created' && at !== null)
      const createdMs = phase.outage.createdMs ?? (created ? atMs : undefined)
      const outage: Outage = {
        ...phase.outage,
        // Without room for another pod the API lets the Job heal, even if the page requested a fail-over.
        ...(session.state === 'recovering' && { recover: 'heal' }),
        ...(progress && { progress }),
        ...(createdMs !== undefined && { createdMs }),
      }
      return { ...phase, session, outage, step: 'starting' }
    }
    default:
      return phase
  }
}

/**
 * The socket of the present try is open; its first pong has still to come. The claim was answered at the latest when the
 * worker began to open the socket.
 */
export function opened(phase: ReachingPhase, { atMs, startedMs = atMs }: EventOf<'opened'>): Phase {
  const opening = { ...phase, path: { ...phase.path, opened: true } }
  switch (opening.status) {
    case 'connecting':
      return { ...opening, claimedMs: Math.min(opening.claimedMs, startedMs), openedMs: atMs }
    case 'recovering':
    case 'lost':
      return { ...opening, outage: { ...opening.outage, connectedMs: atMs } }
    default:
      return opening
  }
}

/** The visitor’s kill. Without a held pod it changes nothing. */
export function kill(phase: Phase, { how, recover, atMs }: EventOf<'kill'>): Phase {
  if (!isHolding(phase)) return phase
  const outage: Outage = { cause: 'click', how, recover, of: phase.session, atMs }
  return { ...hold('live', phase), status: 'terminating', outage }
}

/** The visitor stops waiting for a heal. The session has the epoch of the pod that Kubernetes would start; it is replaced. */
export function failOverInstead(phase: Extract<Phase, { status: 'recovering' }>, atMs: number): Phase {
  if (!isWaitingForHeal(phase)) return phase
  const { createdMs: _, progress: __, ...outage } = phase.outage
  return {
    ...phase,
    outage: { ...outage, recover: 'failover', switchedMs: atMs },
    replacing: phase.session.epoch,
    step: 'claiming',
    attempt: 1,
    notBeforeMs: atMs,
  }
}
