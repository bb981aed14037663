import type { ErrorBody, HowToDie, HowToRecover, Session } from '@warm-pods/core/contracts.ts'
import type { Slowness } from '../probe/health.ts'
import type { ToldBy } from '../probe/protocol.ts'
import { closeVerdict } from './close-verdict.ts'
import { afterFault, FAILED_AFTER, resumeOf, retryOf, unreachable } from './faults.ts'
import type { Kill } from './kill.ts'
import { legsOf } from './legs.ts'
import { type Held, isHolding, type Outage, type Phase } from './phase.ts'

/** Everything that can happen to a visit. `atMs` is {@link nowMs}. */
export type VisitEvent =
  /** The tab is looked at: visible and not prerendered. */
  | { readonly type: 'seen'; readonly atMs: number }
  | { readonly type: 'hidden-long' }
  /** The page was put away (pagehide); a reload or the back button may bring it back. */
  | { readonly type: 'left' }
  | { readonly type: 'offline'; readonly atMs: number }
  | { readonly type: 'online'; readonly atMs: number }
  /** The button that asks for a pod, now. */
  | { readonly type: 'ask'; readonly atMs: number }
  | { readonly type: 'cancel' }
  | { readonly type: 'claimed'; readonly session: Held; readonly atMs: number }
  | { readonly type: 'starting'; readonly session: Session; readonly atMs: number }
  | {
      readonly type: 'fault'
      readonly error: ErrorBody['error']
      readonly atMs: number
      readonly random: number
      readonly lastWorkedMs: number | undefined
    }
  | {
      readonly type: 'unreachable'
      readonly atMs: number
      readonly random: number
      readonly lastWorkedMs: number | undefined
    }
  | { readonly type: 'stuck'; readonly lastWorkedMs: number | undefined }
  | { readonly type: 'opened'; readonly atMs: number }
  | {
      readonly type: 'pong'
      readonly atMs: number
      readonly downMs: number | undefined
      readonly lost: number
    }
  | {
      readonly type: 'unopened'
      readonly atMs: number
      readonly code: number | undefined
      readonly random: number
      readonly lastWorkedMs: number | undefined
    }
  | { readonly type: 'dead'; readonly atMs: number; readonly by: ToldBy; readonly code: number | undefined }
  | { readonly type: 'kill'; readonly how: HowToDie; readonly recover: HowToRecover; readonly atMs: number }
  /** The API refused to kill the pod: it lives on. */
  | { readonly type: 'spared'; readonly reason: string }
  | { readonly type: 'slow'; readonly slow: Slowness }
  | { readonly type: 'calm' }
  | { readonly type: 'lease-low' }
  | { readonly type: 'lease-over' }
  | { readonly type: 'extended'; readonly session: Session }
  | { readonly type: 'at-limit' }
  | { readonly type: 'timer'; readonly atMs: number }
  /** What the API told later about Jobs that healed. */
  | { readonly type: 'heals'; readonly heals: Session['heals'] }
  | { readonly type: 'whole'; readonly epoch: number; readonly ms: number }
  | { readonly type: 'pause'; readonly by: 'hand' | 'focus' }
  | { readonly type: 'resume'; readonly by: 'hand' | 'focus' }

/** The whole of a visit that the page draws from. */
export interface Visit {
  readonly phase: Phase
  /** The picture stands still; measuring goes on. */
  readonly paused: 'no' | 'hand' | 'focus'
  /** Newest first. */
  readonly kills: readonly Kill[]
  /** The first pod of the visit. */
  readonly first: FirstPong | undefined
}

export interface FirstPong {
  /** From asking for a pod to its first pong. */
  readonly ms: number
  /** From knowing its address to an open socket. */
  readonly connectMs: number
  /** When it came, {@link nowMs}. */
  readonly atMs: number
}

export const START: Visit = {
  phase: { status: 'idle', why: 'unseen' },
  paused: 'no',
  kills: [],
  first: undefined,
}
/** A receipt is small, but an hour of killing must not grow the page. */
const KILLS_KEPT = 20

/** The one reducer of the page (every row of it is a test). An event that means nothing in a phase changes nothing. */
export function reduce(visit: Visit, event: VisitEvent): Visit {
  switch (event.type) {
    case 'pause':
      return visit.paused === 'hand' ? visit : { ...visit, paused: event.by }
    case 'resume':
      return event.by === 'focus' && visit.paused === 'hand' ? visit : { ...visit, paused: 'no' }
    case 'heals':
      return { ...visit, kills: visit.kills.map((kill) => ({ ...kill, healMs: healOf(event.heals, kill) })) }
    case 'whole':
      return {
        ...visit,
        kills: visit.kills.map((kill) =>
          kill.epoch === event.epoch ? { ...kill, wholeMs: event.ms } : kill,
        ),
      }
    case 'pong':
      return ponged(visit, event)
    default: {
      const phase = next(visit.phase, event)
      return phase === visit.phase ? visit : { ...visit, phase }
    }
  }
}

function healOf(heals: Session['heals'], kill: Kill): number | undefined {
  return heals.find((heal) => heal.epoch === kill.epoch)?.healMs ?? kill.healMs
}

function ponged(visit: Visit, { atMs, downMs, lost }: Extract<VisitEvent, { type: 'pong' }>): Visit {
  const { phase } = visit
  if (phase.status === 'connecting') {
    const { session, link, askedMs, claimedMs, openedMs = atMs } = phase
    const first = visit.first ?? { ms: atMs - askedMs, connectMs: openedMs - claimedMs, atMs }
    return { ...visit, first, phase: { status: 'live', session, link, sinceMs: atMs } }
  }
  if ((phase.status !== 'recovering' && phase.status !== 'lost') || phase.step !== 'connecting') return visit
  const { outage, link } = phase
  const session = phase.session as Held // the step 'connecting' is entered by `claimed` alone, which carries a Held
  const kill: Kill = {
    epoch: outage.of.epoch,
    outage,
    to: session,
    legs: legsOf(outage, atMs),
    totalMs: atMs - outage.atMs,
    downMs,
    lost,
    pongMs: atMs,
    healMs: undefined,
    wholeMs: undefined,
  }
  const kills = [kill, ...visit.kills].slice(0, KILLS_KEPT)
  return { ...visit, kills, phase: { status: 'live', session, link, sinceMs: atMs } }
}

type PhaseEvent = Exclude<VisitEvent, { type: 'pause' | 'resume' | 'heals' | 'whole' | 'pong' }>

function next(phase: Phase, event: PhaseEvent): Phase {
  switch (event.type) {
    case 'seen':
      return phase.status === 'asleep' || (phase.status === 'idle' && phase.why === 'unseen')
        ? ask(event.atMs)
        : phase
    case 'ask':
      return asked(phase, event.atMs)
    case 'timer':
      return 'resume' in phase ? retryOf(phase.resume, phase.attempt, event.atMs) : phase
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
    case 'fault':
      return afterFault(phase, event)
    case 'unreachable':
      return unreachable(phase, event)
    case 'stuck':
      return phase.status === 'provisioning' || phase.status === 'recovering' || phase.status === 'lost'
        ? { status: 'failed', reason: 'stuck', requestId: undefined, lastWorkedMs: event.lastWorkedMs }
        : phase
    case 'opened':
      if (phase.status === 'connecting') return { ...phase, openedMs: event.atMs }
      return (phase.status === 'recovering' || phase.status === 'lost') && phase.step === 'connecting'
        ? { ...phase, outage: { ...phase.outage, connectedMs: event.atMs } }
        : phase
    case 'unopened':
      return unopened(phase, event)
    case 'dead':
      return died(phase, event)
    case 'kill':
      return kill(phase, event)
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
      return isHolding(phase) ? { status: 'idle', why: 'expired', release: phase.session.id } : phase
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

/** The session a phase is about, its own or the interrupted one's. */
function sessionIdOf(phase: Phase): string | undefined {
  if ('session' in phase) return phase.session.id
  return 'resume' in phase && phase.resume.to === 'recover' ? phase.resume.session.id : undefined
}

function ask(atMs: number, fresh = false): Phase {
  return { status: 'requesting', askedMs: atMs, attempt: 1, notBeforeMs: atMs, fresh }
}

function asked(phase: Phase, atMs: number): Phase {
  switch (phase.status) {
    case 'idle':
      // Elsewhere the same session goes on in another tab; this tab must not take its pod away.
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

/** The parts that last through the phases of holding a pod. */
function hold(
  status: 'live',
  { session, link, sinceMs }: Extract<Phase, { sinceMs: number }>,
): Extract<Phase, { status: 'live' }> {
  return { status, session, link, sinceMs }
}

function wentOffline(phase: Phase, atMs: number): Phase {
  const rest = { status: 'offline', why: 'event', retryMs: undefined, attempt: 0 } as const
  switch (phase.status) {
    case 'idle':
    case 'asleep':
    case 'failed':
      return phase
    case 'recovering':
    case 'lost':
      return { ...rest, resume: resumeOf(phase) }
    case 'offline':
    case 'exhausted':
    case 'limited':
      return { ...rest, resume: phase.resume }
    default:
      return { ...rest, resume: { to: 'claim', askedMs: atMs } }
  }
}

function claimed(phase: Phase, { session, atMs }: Extract<VisitEvent, { type: 'claimed' }>): Phase {
  switch (phase.status) {
    case 'requesting':
    case 'provisioning':
      return {
        status: 'connecting',
        askedMs: phase.askedMs,
        session,
        link: linkOf(session, 1),
        attempt: 1,
        step: 'opening',
        claimedMs: atMs,
        openedMs: undefined,
      }
    case 'connecting':
      return {
        ...phase,
        session,
        link: linkOf(session, phase.attempt),
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
        link: linkOf(session, phase.attempt),
        outage: { ...phase.outage, claimedMs: atMs },
      }
    default:
      return phase
  }
}

function linkOf(session: Session, attempt: number): string {
  return `${session.epoch}.${attempt}`
}

function starting(phase: Phase, { session, atMs }: Extract<VisitEvent, { type: 'starting' }>): Phase {
  switch (phase.status) {
    case 'requesting':
    case 'provisioning':
      return { status: 'provisioning', askedMs: phase.askedMs, session }
    case 'recovering':
    case 'lost': {
      const created = session.progress?.some(({ step, at }) => step === 'created' && at !== null)
      const createdMs = phase.outage.createdMs ?? (created ? atMs : undefined)
      const outage: Outage = createdMs === undefined ? phase.outage : { ...phase.outage, createdMs }
      return { ...phase, session, outage, step: 'starting' }
    }
    default:
      return phase
  }
}

function unopened(phase: Phase, event: Extract<VisitEvent, { type: 'unopened' }>): Phase {
  const verdict = event.code === undefined ? 'again' : closeVerdict(event.code)
  if (verdict === 'elsewhere') return { status: 'idle', why: 'elsewhere' }
  if (phase.status !== 'connecting' && phase.status !== 'recovering' && phase.status !== 'lost') return phase
  const attempt = phase.attempt + 1
  if (attempt > FAILED_AFTER)
    return { status: 'failed', reason: 'unopened', requestId: undefined, lastWorkedMs: event.lastWorkedMs }
  // A pod that never answered costs the visitor 5 s already: the first retry is immediate.
  if (phase.status === 'connecting') return { ...phase, attempt, step: 'rerouting' }
  return { ...phase, attempt, step: 'claiming', replacing: phase.session.epoch, notBeforeMs: event.atMs }
}

function died(phase: Phase, { atMs, by, code }: Extract<VisitEvent, { type: 'dead' }>): Phase {
  const verdict = code === undefined ? 'dead' : closeVerdict(code)
  if (phase.status === 'terminating') {
    const outage = { ...phase.outage, toldMs: atMs, toldBy: by }
    return { status: 'recovering', ...replace(phase, outage, atMs) }
  }
  if (!isHolding(phase)) return phase
  if (verdict === 'elsewhere') return { status: 'idle', why: 'elsewhere' }
  const { session, link } = phase
  if (verdict === 'again')
    return {
      status: 'connecting',
      askedMs: atMs,
      session,
      link,
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

function replace({ session, link }: { session: Held; link: string }, outage: Outage, atMs: number) {
  return {
    session,
    outage,
    replacing: session.epoch,
    link,
    step: 'claiming',
    attempt: 1,
    notBeforeMs: atMs,
  } as const
}

function kill(phase: Phase, { how, recover, atMs }: Extract<VisitEvent, { type: 'kill' }>): Phase {
  if (!isHolding(phase)) return phase
  const outage: Outage = { cause: 'click', how, recover, of: phase.session, atMs }
  return { ...hold('live', phase), status: 'terminating', outage }
}
