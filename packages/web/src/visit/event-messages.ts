import type { Session } from '@warm-pods/core/api/contracts.ts'
import { LOG, TOLD_BY } from '../copy/events.ts'
import { LEASE_LOW_MS } from './effects/lease.ts'
import { type Held, isHealing, isHolding, originOf, type Phase } from './state/phase.ts'
import type { EventOf, VisitEvent } from './state/visit-event.ts'
import type { Visit } from './state/visit-state.ts'

/** One line of the event log. */
export interface EventMessage {
  readonly text: string
  /** Also read out by a screen reader. */
  readonly say: boolean
}

const log = (text: string): EventMessage[] => [{ text, say: false }]
const say = (text: string): EventMessage[] => [{ text, say: true }]

/** Returns the log lines for a change of the visit; none for a change that the visitor cannot see. */
export function eventMessages(before: Visit, after: Visit, event: VisitEvent): EventMessage[] {
  if ((event.type === 'claimed' || event.type === 'starting') && before.interrupted && isGivenUp(after))
    return [...say(LOG.noReceipt(before.interrupted.of.pod.alias)), ...messagesOf(before, after, event)]
  return messagesOf(before, after, event)
}

/** Whether the visit has no interrupted kill, and continues none. */
function isGivenUp({ interrupted, phase }: Visit): boolean {
  return !interrupted && !('outage' in phase)
}

function messagesOf(before: Visit, after: Visit, event: VisitEvent): EventMessage[] {
  const { phase } = after
  if (event.type === 'pool-recovered') return say(LOG.poolRecovered(event.ms))
  if (event.type === 'heals') return healed(before, after)
  if (event.type === 'extended' && before.phase.status === 'expiring') return say(LOG.extended)
  if (event.type === 'spared' && phase.status === 'live')
    return say(LOG.spared(phase.session.pod.alias, event.reason))
  if (phase.status === 'reconnecting' && failedFirst(before, after))
    return say(LOG.cut(phase.session.pod.alias))
  if (event.type === 'api-error' && phase.status === 'requesting' && phase.fresh) return log(LOG.over)
  if (event.type === 'api-error' && isFirstRetry(phase)) return log(LOG.refused(event.error.message))
  if (before.phase.status === phase.status && event.type !== 'claimed') return []
  switch (phase.status) {
    case 'idle':
      return phase.why === 'expired'
        ? say(LOG.expired)
        : phase.why === 'elsewhere'
          ? say(LOG.elsewhere)
          : phase.why === 'unreached'
            ? say(LOG.unreached)
            : []
    case 'requesting':
      return log(LOG.asked)
    case 'provisioning':
      return say(phase.session.state === 'recovering' ? LOG.healing : LOG.cold)
    case 'connecting':
      return event.type === 'claimed' ? claimed(before, phase.session) : []
    case 'reconnecting':
      // A cut is logged with its end, which usually follows at once.
      return phase.by === 'deadline' ? say(LOG.silent(phase.session.pod.alias)) : []
    case 'blocked':
      // Only the first of several tries is logged.
      return before.trouble.blocked > 0 ? [] : say(LOG.blocked[phase.why])
    case 'live':
      return event.type === 'pong' ? ponged(before, after, event) : calm(before, after)
    case 'degraded':
      return say(LOG.slow(phase.session.pod.alias))
    case 'expiring':
      return say(LOG.expiring(LEASE_LOW_MS))
    case 'terminating':
      return say(LOG.terminated(phase.session.pod.alias, phase.outage.how ?? 'polite'))
    case 'recovering':
      return replacing(before, after, event)
    case 'lost':
      if (!isHolding(before.phase) && before.phase.status !== 'reconnecting')
        return replacing(before, after, event)
      // A pod that missed its pings was logged when it missed them.
      return phase.outage.toldBy === 'deadline' ? [] : say(LOG.lost(phase.outage.of.pod.alias))
    case 'exhausted':
      return say(LOG.exhausted)
    case 'limited':
      return say(limited(phase, 'atMs' in event ? phase.retryMs - event.atMs : 0))
    case 'asleep':
      return say(LOG.asleep)
    case 'offline':
      if (phase.why === 'event') return say(LOG.offline)
      // Only the first failed try is logged.
      return phase.attempt > 1 ? [] : say(LOG[phase.why])
    case 'failed':
      return say(LOG.failed)
    default:
      return phase satisfies never
  }
}

/** Whether this is the first of several retries of a request. The others are not logged. */
function isFirstRetry(phase: Phase): boolean {
  if (phase.status === 'requesting' || phase.status === 'connecting') return phase.attempt === 2
  return (
    (phase.status === 'recovering' || phase.status === 'lost') &&
    phase.attempt === 2 &&
    phase.step === 'claiming'
  )
}

/** Whether the first try at the same pod failed. A cut whose first try succeeds is one line, not two. */
function failedFirst({ phase: earlier }: Visit, { phase }: Visit): boolean {
  const failures = 'path' in phase ? phase.path.failures : 0
  return failures > 0 && 'path' in earlier && earlier.path.failures === 0 && earlier.path.tries === 1
}

function claimed({ phase }: Visit, session: Held): EventMessage[] {
  const { alias } = session.pod
  if (phase.status === 'connecting' && phase.session.epoch === session.epoch) return []
  if (phase.status === 'provisioning' && phase.session.state === 'recovering') return log(LOG.healedAs(alias))
  return log(originOf(session) === 'later' ? LOG.found(alias) : claimedLine(alias, session.source))
}

function ponged(before: Visit, { phase, recoveries, first }: Visit, event: EventOf<'pong'>): EventMessage[] {
  if (phase.status !== 'live') return []
  const { alias } = phase.session.pod
  const recovery = recoveries[0]
  if (recovery && recoveries !== before.recoveries)
    return say(LOG.recovered(alias, recovery.totalMs, recovery.lost))
  if (before.phase.status === 'reconnecting')
    return say(LOG.joined(alias, event.atMs - before.phase.path.sinceMs))
  const away = before.phase.status === 'connecting' ? before.phase.away : undefined
  if (away && before.trouble.blocked === 0) {
    const { sinceMs, epoch } = away
    // The worker timed the silence, unless it was at rest meanwhile.
    const ms = event.downMs ?? event.atMs - sinceMs
    const same = epoch === phase.session.epoch
    return [...log(LOG.away(ms)), ...say(same ? LOG.reconnected(alias) : LOG.found(alias))]
  }
  if (first && first !== before.first) return say(LOG.connected(alias, first.ms))
  return say(before.answered ? LOG.reconnected(alias) : LOG.connected(alias))
}

function calm(before: Visit, { phase }: Visit): EventMessage[] {
  return before.phase.status === 'degraded' && phase.status === 'live'
    ? say(LOG.calm(phase.session.pod.alias))
    : []
}

function replacing(before: Visit, { phase }: Visit, event: VisitEvent): EventMessage[] {
  if (phase.status !== 'recovering' && phase.status !== 'lost') return []
  const { outage, session, step } = phase
  if (event.type === 'claimed' && step === 'connecting') {
    const alias = session.pod?.alias ?? ''
    return log(
      isHealing(phase) ? LOG.healedInto(alias, outage.of.pod.alias) : claimedLine(alias, session.source),
    )
  }
  if (event.type !== 'dead' || before.phase.status !== 'terminating') return []
  return log(
    LOG.told(
      outage.of.pod.alias,
      (outage.toldMs ?? outage.atMs) - outage.atMs,
      TOLD_BY[outage.toldBy ?? 'closed'],
    ),
  )
}

function healed(before: Visit, after: Visit): EventMessage[] {
  const recovery = after.recoveries.find(
    ({ healMs, epoch }) =>
      healMs !== undefined &&
      before.recoveries.find((earlier) => earlier.epoch === epoch)?.healMs === undefined,
  )
  if (recovery?.healMs === undefined || recovery.outage.recover === 'heal') return []
  return log(LOG.healed(recovery.outage.of.pod.alias, recovery.healMs))
}

function claimedLine(alias: string, source: Session['source']): string {
  return (source === 'cold' ? LOG.claimedCold : LOG.claimed)(alias)
}

/** @param ms until the next try. */
function limited({ atMost, promised }: Extract<Phase, { status: 'limited' }>, ms: number): string {
  const allowed = atMost ? LOG.allowedWithin : LOG.allowedIn
  return `${atMost ? LOG.allHeld : LOG.tooMany} ${(promised ? allowed : LOG.retryIn)(ms)}`
}
