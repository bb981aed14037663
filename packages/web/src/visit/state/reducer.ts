import type { Session } from '@warm-pods/core/api/contracts.ts'
import { legsOf } from './legs.ts'
import { continueKill, died, reached, tryAgain, unopened } from './path.ts'
import { type Held, holdsLease, isHolding, isReaching, type Phase } from './phase.ts'
import type { Recovery } from './recovery.ts'
import { afterApiError, retryOf, unreachable } from './retry-policy.ts'
import {
  ask,
  asked,
  claimed,
  failOverInstead,
  hold,
  kill,
  opened,
  sessionIdOf,
  starting,
  wentOffline,
} from './transitions.ts'
import type { EventOf, VisitEvent } from './visit-event.ts'
import { pendingKill, type Visit } from './visit-state.ts'

/** A recovery is small, but an hour of kills must not grow the page's memory. */
const RECOVERIES_KEPT = 20

/** The page's only reducer. Returns the same object for an event without a meaning in the present phase. */
export function reduce(visit: Visit, event: VisitEvent): Visit {
  switch (event.type) {
    case 'pause':
      return visit.paused === 'hand' ? visit : { ...visit, paused: event.by }
    case 'resume':
      return event.by === 'focus' && visit.paused === 'hand' ? visit : { ...visit, paused: 'no' }
    case 'heals':
      return {
        ...visit,
        recoveries: visit.recoveries.map((recovery) => ({ ...recovery, ...healOf(event.heals, recovery) })),
      }
    case 'pool-recovered':
      return {
        ...visit,
        recoveries: visit.recoveries.map((recovery) =>
          recovery.epoch === event.epoch ? { ...recovery, poolRecoveredMs: event.ms } : recovery,
        ),
      }
    case 'pong':
      return ponged(visit, event)
    case 'unopened':
      return unopened(visit, event)
    case 'dead':
      return died(visit, event)
    case 'reach':
      return reached(visit, event)
    case 'api-error':
      return afterApiError(visit, event)
    case 'unreachable':
      return unreachable(visit, event)
    case 'claimed':
    case 'starting':
      return moved(continueKill(visit, event), event)
    case 'left':
    case 'offline':
      return moved(withInterrupted(visit, pendingKill(visit)), event)
    case 'spared':
      return moved(withInterrupted(visit, undefined), event)
    default:
      return moved(visit, event)
  }
}

function withInterrupted(visit: Visit, interrupted: Visit['interrupted']): Visit {
  return visit.interrupted === interrupted ? visit : { ...visit, interrupted }
}

function moved(visit: Visit, event: PhaseEvent): Visit {
  const phase = next(visit.phase, event)
  return phase === visit.phase ? visit : { ...visit, phase }
}

function healOf(heals: Session['heals'], { epoch }: Recovery): Partial<Recovery> {
  const heal = heals.find((candidate) => candidate.epoch === epoch)
  return heal ? { healMs: heal.healMs, healSteps: heal.progress, exit: heal.exit } : {}
}

function ponged(before: Visit, { atMs, downMs, lost }: EventOf<'pong'>): Visit {
  const { phase } = before
  if (!isReaching(phase)) return before
  const trouble = { ...before.trouble, unanswered: 0, guessed: false, refusal: undefined, blocked: 0 }
  const visit = { ...before, answered: true, trouble }
  const { connection } = phase.path
  if (phase.status === 'reconnecting') {
    const { session, sinceMs } = phase
    return { ...visit, phase: { status: 'live', session, connection, sinceMs, joinedMs: atMs } }
  }
  if (phase.status === 'connecting') {
    const { session, askedMs, claimedMs, openedMs = atMs } = phase
    const live: Phase = { status: 'live', session, connection, sinceMs: atMs, joinedMs: atMs }
    const { id: sessionId, epoch } = session
    // A claim begins a session. Later epochs, and sockets after the first, have no time of a claim.
    if (epoch > 1 || phase.away || visit.first?.sessionId === sessionId) return { ...visit, phase: live }
    const first = { sessionId, epoch, ms: atMs - askedMs, connectMs: openedMs - claimedMs, atMs }
    return { ...visit, first, phase: live }
  }
  const { outage } = phase
  const session = phase.session as Held // the step 'connecting' is entered by `claimed` alone, which carries a Held
  const recovery: Recovery = {
    epoch: outage.of.epoch,
    outage,
    to: session,
    legs: legsOf(outage, atMs),
    totalMs: Math.max(0, atMs - outage.atMs),
    downMs,
    lost: outage.interrupted ? undefined : lost,
    pongMs: atMs,
    healMs: undefined,
    poolRecoveredMs: undefined,
  }
  const recoveries = [recovery, ...visit.recoveries].slice(0, RECOVERIES_KEPT)
  return {
    ...visit,
    interrupted: undefined,
    recoveries,
    phase: { status: 'live', session, connection, sinceMs: atMs, joinedMs: atMs },
  }
}

type PhaseEvent = Exclude<
  VisitEvent,
  {
    type:
      | 'pause'
      | 'resume'
      | 'heals'
      | 'pool-recovered'
      | 'pong'
      | 'unopened'
      | 'dead'
      | 'reach'
      | 'api-error'
      | 'unreachable'
  }
>

function next(phase: Phase, event: PhaseEvent): Phase {
  switch (event.type) {
    case 'seen':
      return phase.status === 'asleep' || (phase.status === 'idle' && phase.why === 'unseen')
        ? ask(event.atMs)
        : phase
    case 'ask':
      return asked(phase, event)
    case 'timer':
      if (isReaching(phase)) return phase.path.retryMs === undefined ? phase : tryAgain(phase)
      return 'resume' in phase ? retryOf(phase.resume, phase.attempt, event.atMs) : phase
    case 'answered':
      return phase.status === 'failed' && phase.again && event.atMs >= phase.again.notBeforeMs
        ? retryOf(phase.again.resume, 0, event.atMs)
        : phase
    case 'hidden-long':
      return phase.status === 'idle' || phase.status === 'failed'
        ? phase
        : { status: 'asleep', release: sessionIdOf(phase) }
    case 'left':
      return phase.status === 'failed' ? phase : { status: 'idle', why: 'unseen' }
    case 'cancel':
      return phase.status === 'provisioning'
        ? { status: 'idle', why: 'cancelled', release: phase.session.id }
        : phase
    case 'offline':
      return wentOffline(phase, event.atMs)
    case 'online':
      return phase.status === 'offline' ? retryOf(phase.resume, 0, event.atMs) : phase
    case 'claimed':
      return claimed(phase, event)
    case 'starting':
      return starting(phase, event)
    case 'stuck':
      return phase.status === 'provisioning' || phase.status === 'recovering' || phase.status === 'lost'
        ? { status: 'failed', reason: 'stuck', requestId: undefined, lastWorkedMs: event.lastWorkedMs }
        : phase
    case 'opened':
      return isReaching(phase) ? opened(phase, event) : phase
    case 'kill':
      return kill(phase, event)
    case 'fail-over':
      return phase.status === 'recovering' ? failOverInstead(phase, event.atMs) : phase
    case 'spared':
      return phase.status === 'terminating' ? hold('live', phase) : phase
    case 'slow':
      return phase.status === 'live' || phase.status === 'degraded'
        ? { ...hold('live', phase), status: 'degraded', slow: event.slow }
        : phase
    case 'calm':
      return phase.status === 'degraded' ? hold('live', phase) : phase
    case 'lease-low':
      return isHolding(phase) && phase.status !== 'expiring'
        ? { ...hold('live', phase), status: 'expiring', atLimit: false }
        : phase
    case 'lease-over':
      return holdsLease(phase) ? { status: 'idle', why: 'expired', release: phase.session.id } : phase
    case 'extended':
      return isHolding(phase)
        ? hold('live', { ...phase, session: { ...phase.session, leaseEndsAt: event.session.leaseEndsAt } })
        : phase
    case 'at-limit':
      return phase.status === 'expiring' ? { ...phase, atLimit: true } : phase
    default:
      event satisfies never
      return phase
  }
}

/** Returns the time of the claim of the pod that is held. Undefined for a pod that came otherwise, or before a reload. */
export function claimOf({ first, phase }: Visit): Visit['first'] {
  return first && holds(phase, first.sessionId, first.epoch) ? first : undefined
}

/** Returns the newest recovery while its replacement is the pod that is held; otherwise undefined. */
export function lastRecovery({ recoveries, phase }: Visit): Recovery | undefined {
  const recovery = recoveries[0]
  return recovery && holds(phase, recovery.to.id, recovery.to.epoch) ? recovery : undefined
}

function holds(phase: Phase, id: string, epoch: number): boolean {
  return 'session' in phase && phase.session.id === id && phase.session.epoch === epoch
}
