import type { Session } from '@warm-pods/core/api/contracts.ts'
import { LIMITS } from '@warm-pods/core/limits.ts'
import { backoffMs } from './backoff.ts'
import { closeVerdict } from './close-verdict.ts'
import {
  type Held,
  isHolding,
  isReaching,
  type Outage,
  type Path,
  type Phase,
  type ReachingPhase,
} from './phase.ts'
import { NO_TROUBLE, pauseMs, STEADY_MS, type Trouble } from './trouble.ts'
import type { EventOf } from './visit-event.ts'
import type { Visit } from './visit-state.ts'

/** Failures after the API had reached the pod that prove a blocked network: without a pong in this visit, and with one. */
const BLOCKED_AFTER = { never: 3, before: 5 }
/** After more cuts in a row than this, the network is at fault. */
const CUTS_MAX = 5
/** If the API cannot check a pod, this many failures over this time count as evidence against the pod. */
const GUESS_AFTER = 4
const GUESS_AFTER_MS = 5_000
/**
 * Pods in a row without an answer after which the page gives up. Each was checked by the API, or it was the one guess. It is
 * more than the pool, because all warm pods may have been deleted at once.
 */
export const PODS_TRIED = LIMITS.target + 2
/** Pauses between the tries in a blocked network: the first and the longest, ms. */
const BLOCKED_MS = 30_000
const BLOCKED_MAX_MS = 120_000
/** The back-off between two tries to open a socket: base and cap, ms. */
const RETRY_MS = 200
const RETRY_MAX_MS = 15_000

/** Returns the path to the pod of a session: its first try begins now. @param after the connection before. */
export function pathTo({ epoch }: Pick<Session, 'epoch'>, atMs: number, after = ''): Path {
  return {
    connection: nextConnection(epoch, after),
    sinceMs: atMs,
    tries: 1,
    failures: 0,
    retryMs: undefined,
    check: undefined,
    reach: undefined,
    opened: false,
  }
}

function nextConnection(epoch: number, connection: string): string {
  const [of, count] = connection.split('.')
  return `${epoch}.${of === `${epoch}` ? Number(count) + 1 : 1}`
}

/**
 * Continues an interrupted kill when the API's answer shows that the session has left the killed pod. In another session the kill is
 * given up.
 */
export function continueKill(
  visit: Visit,
  { atMs, session }: EventOf<'claimed'> | EventOf<'starting'>,
): Visit {
  const { interrupted: kill, phase } = visit
  if (!kill || 'outage' in phase) return visit
  const next = { ...visit, interrupted: undefined }
  if (session.id !== kill.of.id) return next
  if (session.epoch === kill.of.epoch && session.state !== 'recovering') return visit
  return { ...next, phase: interruptedBy(kill, atMs) }
}

function interruptedBy(kill: Outage, atMs: number): Extract<Phase, { status: 'recovering' }> {
  const outage: Outage = { ...kill, interrupted: true }
  return { status: 'recovering', ...replaceBy({ session: kill.of, connection: '' }, outage, atMs) }
}

/** The socket of a pod that had answered is closed, or the pod itself reported its end. */
export function died(visit: Visit, event: EventOf<'dead'>): Visit {
  const { phase } = visit
  const { atMs, by, code, random } = event
  if (phase.status === 'terminating') {
    const outage = { ...phase.outage, toldMs: atMs, toldBy: by }
    return { ...visit, phase: { status: 'recovering', ...replaceBy(phase, outage, atMs) } }
  }
  if (!isHolding(phase)) return visit
  const trouble = atMs - phase.joinedMs < STEADY_MS ? visit.trouble : NO_TROUBLE
  const { session, connection, sinceMs } = phase
  const path = pathTo(session, atMs, connection)
  const verdict = by === 'terminating' ? 'dead' : closeVerdict(code)
  if (verdict === 'elsewhere') return { ...visit, phase: { status: 'idle', why: 'elsewhere' } }
  const reconnecting: ReachingPhase = { status: 'reconnecting', session, path, by, sinceMs }
  if (verdict === 'dead') return giveUp({ ...visit, trouble }, reconnecting, event)
  const cuts = trouble.cuts + 1
  const cut = { ...visit, trouble: { ...trouble, cuts } }
  const notBeforeMs = atMs + pauseMs(cuts, random)
  if (verdict === 'reread') return { ...cut, phase: reread(reconnecting, notBeforeMs) }
  if (cuts > CUTS_MAX) return block(cut, reconnecting, 'cut', event)
  // Missed pings may mean a frozen pod, which would keep a new socket waiting. The API is asked meanwhile.
  const check = by === 'deadline' ? 1 : undefined
  const waiting = cuts > 1 ? { tries: 0, retryMs: notBeforeMs } : {}
  return { ...cut, phase: { ...reconnecting, path: { ...path, check, ...waiting } } }
}

/** A try failed: no pong came in time, or the socket closed before the first pong. */
export function unopened(visit: Visit, event: EventOf<'unopened'>): Visit {
  const { phase } = visit
  const { code, atMs, random } = event
  const verdict = closeVerdict(code)
  if (verdict === 'elsewhere') return { ...visit, phase: { status: 'idle', why: 'elsewhere' } }
  if (!isReaching(phase)) return visit
  const { path } = phase
  // A pod that refuses a token read a moment ago serves another session.
  const refusedTwice = verdict === 'reread' && (phase.status !== 'connecting' || phase.reread)
  if (verdict === 'dead' || refusedTwice) return giveUp(visit, phase, event)
  if (verdict === 'reread') return { ...visit, phase: reread(phase, atMs) }
  const failed: Path = {
    ...path,
    failures: path.failures + (code === undefined ? 2 : 1),
    retryMs: atMs + backoffMs(path.tries, random, RETRY_MS, RETRY_MAX_MS),
    check: path.check ?? path.tries,
    opened: false,
  }
  return { ...visit, phase: { ...phase, path: failed } }
}

/**
 * The API has checked the way to the pod, or could not. Decides between another try, a blocked network, and a pod that is
 * given up.
 */
export function reached(visit: Visit, event: EventOf<'reach'>): Visit {
  const { phase, trouble, answered } = visit
  if (!isReaching(phase) || phase.path.check === undefined) return visit
  const { reach, atMs } = event
  // A socket that has opened since is newer evidence: its pong comes, or it fails and the API is asked again.
  if (reach === 'no_answer' && !phase.path.opened) return giveUp(visit, phase, event)
  // Failures before this answer may have had another cause, such as a gateway that was starting.
  const failures = phase.path.reach === reach ? phase.path.failures : 0
  const { sinceMs } = phase.path
  const checked = { ...phase, path: { ...phase.path, failures, reach, check: undefined } }
  const again = trouble.blocked > 0 && reach !== 'gateway_down'
  if (again || (reach === 'answers' && failures >= BLOCKED_AFTER[answered ? 'before' : 'never']))
    return block(visit, checked, 'refused', event)
  const guess = reach === 'unknown' && failures >= GUESS_AFTER && atMs - sinceMs >= GUESS_AFTER_MS
  if (!guess) return { ...visit, phase: checked }
  return trouble.guessed
    ? block(visit, checked, 'refused', event)
    : giveUp({ ...visit, trouble: { ...trouble, guessed: true } }, checked, event)
}

/** Returns the phase when a pause between two tries is over. */
export function tryAgain(phase: ReachingPhase): Phase {
  const { path, session } = phase
  const connection = nextConnection(session.epoch, path.connection)
  const next = { ...path, connection, tries: path.tries + 1, retryMs: undefined, opened: false }
  return { ...phase, path: next }
}

interface When {
  readonly atMs: number
  readonly random: number
  readonly lastWorkedMs?: number | undefined
}

function block(
  visit: Visit,
  phase: ReachingPhase,
  why: 'refused' | 'cut',
  { atMs, random }: Pick<When, 'atMs' | 'random'>,
): Visit {
  const { trouble } = visit
  const session = heldBy(phase)
  // A network that cuts its sockets is tried at a steady rate, within the time that a pod lives without a socket.
  const baseMs = why === 'cut' ? BLOCKED_MS : Math.min(BLOCKED_MAX_MS, BLOCKED_MS * 2 ** trouble.blocked)
  return {
    ...visit,
    trouble: { ...trouble, blocked: trouble.blocked + 1 },
    phase: {
      status: 'blocked',
      why,
      session,
      resume: { to: 'rejoin', session, sinceMs: phase.path.sinceMs },
      attempt: 0,
      retryMs: atMs + baseMs * (0.75 + random / 2),
    },
  }
}

/** Gives a pod up on evidence about it: fails over, unless it was one of several pods in a row that did not answer. */
function giveUp(visit: Visit, phase: ReachingPhase, { atMs, random, lastWorkedMs }: When): Visit {
  const session = heldBy(phase)
  // In a blocked network another pod would not be reached either.
  if (visit.trouble.blocked > 0)
    return { ...visit, phase: { status: 'idle', why: 'unreached', release: session.id } }
  const trouble: Trouble = {
    ...visit.trouble,
    lost: visit.trouble.lost + 1,
    unanswered: visit.trouble.unanswered + Number(phase.status !== 'reconnecting'),
  }
  const notBeforeMs = atMs + pauseMs(trouble.lost, random)
  const then = (next: Phase): Visit => ({ ...visit, trouble, phase: next })
  const { interrupted: kill } = visit
  if (kill && kill.of.id === session.id && kill.of.epoch === session.epoch)
    return {
      ...then(interruptedBy({ toldMs: atMs, ...kill, of: session }, notBeforeMs)),
      interrupted: undefined,
    }
  if (trouble.unanswered >= PODS_TRIED)
    return then({ status: 'failed', reason: 'unopened', requestId: undefined, lastWorkedMs })
  switch (phase.status) {
    case 'connecting':
      return then({ ...phase, step: 'replacing', notBeforeMs })
    case 'reconnecting': {
      const { path, by } = phase
      const outage: Outage = {
        cause: 'itself',
        how: undefined,
        recover: 'failover',
        of: session,
        atMs: path.sinceMs,
        toldMs: atMs,
        toldBy: by,
      }
      return then({
        status: 'lost',
        ...replaceBy({ session, connection: path.connection }, outage, notBeforeMs),
      })
    }
    default:
      return then({
        ...phase,
        attempt: phase.attempt + 1,
        step: 'claiming',
        replacing: session.epoch,
        notBeforeMs,
      })
  }
}

/** Returns the phase that requests a pod in place of the session's. */
function replaceBy(
  { session, connection }: { session: Held; connection: string },
  outage: Outage,
  notBeforeMs: number,
) {
  return {
    session,
    outage,
    replacing: session.epoch,
    path: pathTo(session, notBeforeMs, connection),
    step: 'claiming',
    attempt: 1,
    notBeforeMs,
  } as const
}

/** Returns the phase that reads the session again, for another token or the session's end. */
function reread(phase: ReachingPhase, notBeforeMs: number): Phase {
  const { path } = phase
  return {
    status: 'connecting',
    askedMs: 'askedMs' in phase ? phase.askedMs : path.sinceMs,
    session: heldBy(phase),
    path,
    attempt: 1,
    step: 'rereading',
    notBeforeMs,
    reread: true,
    claimedMs: path.sinceMs,
    openedMs: undefined,
  }
}

/** The session of a phase with an address: those steps are entered by `claimed` alone, which carries a `Held`. */
function heldBy({ session }: ReachingPhase): Held {
  return session as Held
}
