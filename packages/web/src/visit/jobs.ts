import type { Session } from '@warm-pods/core/contracts.ts'
import { LIMITS } from '@warm-pods/core/limits.ts'
import type { Probe } from '../probe/probe.ts'
import type { Answer, Api } from './api.ts'
import { type Held, heldOf, isHolding } from './phase.ts'
import { replacePod, runKill } from './replace.ts'
import type { Secrets } from './secret.ts'
import type { Visit, VisitEvent } from './session.ts'

/** What jobs may touch. */
export interface JobContext {
  readonly api: Api
  readonly probe: Probe
  readonly secrets: Secrets
  readonly now: () => number
  readonly random: () => number
  dispatch(event: VisitEvent): void
  /** The order to kill that is under way: a replacement must not overtake it, or it would hit the new pod. */
  killing: Promise<unknown>
}

/**
 * Something that goes on while the visit is in a certain state: level, not edge. While `key` stays the same the job
 * runs; when it changes the old run is undone and, unless the key is undefined, a new one starts.
 */
export interface Job {
  readonly key: (visit: Visit) => string | undefined
  /** Returns the undo. */
  readonly start: (visit: Visit, context: JobContext) => () => void
}

const READ_EVERY_MS = 300
/** Under this much lease left the visitor is asked whether to keep the pod. */
const LEASE_LOW_MS = 30_000
/** A cold start that takes longer has failed (the start budget of the cluster ends before). */
const STUCK_MS = 90_000
const HEALS_EVERY_MS = 2_000

export const JOBS: readonly Job[] = [
  { key: linkKey, start: link },
  {
    key: ({ phase }) => (phase.status === 'requesting' ? `${phase.attempt} ${phase.notBeforeMs}` : undefined),
    start: claim,
  },
  { key: startingKey, start: readUntilStarted },
  {
    key: ({ phase }) =>
      phase.status === 'connecting' && phase.step === 'rerouting' ? `reroute ${phase.attempt}` : undefined,
    start: reroute,
  },
  {
    key: ({ phase }) =>
      (phase.status === 'recovering' || phase.status === 'lost') && phase.step === 'claiming'
        ? `${phase.replacing} ${phase.attempt}`
        : undefined,
    start: (visit, context) => cancellable((signal) => replacePod(visit, context, signal)),
  },
  { key: ({ phase }) => (phase.status === 'terminating' ? phase.link : undefined), start: runKill },
  { key: leaseKey, start: watchLease },
  {
    key: ({ phase }) => ('retryMs' in phase && phase.retryMs !== undefined ? `${phase.retryMs}` : undefined),
    start: ({ phase }, { now, dispatch }) => {
      const retryMs = ('retryMs' in phase && phase.retryMs) || 0
      return after(retryMs - now(), () => dispatch({ type: 'timer', atMs: now() }))
    },
  },
  { key: ({ phase }) => restKey(phase.status), start: (_, { probe }) => (probe.rest(), () => {}) },
  { key: releaseKey, start: release },
  { key: reportKey, start: reportConnected },
  { key: healsKey, start: readHeals },
]

function linkKey({ phase }: Visit): string | undefined {
  if (isHolding(phase) || phase.status === 'terminating') return phase.link
  if (phase.status === 'connecting') return phase.step === 'opening' ? phase.link : undefined
  if (phase.status === 'recovering' || phase.status === 'lost')
    return phase.step === 'connecting' ? phase.link : undefined
  return undefined
}

function link({ phase }: Visit, { api, probe, random, dispatch }: JobContext): () => void {
  const session = 'session' in phase ? heldOf(phase.session) : undefined
  if (!session) return () => {}
  const { url, protocols } = session.socket
  return probe.connect({ url: api.socketUrl(url), protocols, pod: session.epoch }, (report) => {
    switch (report.type) {
      case 'open':
        return dispatch({ type: 'opened', atMs: report.atMs })
      case 'pong':
        return dispatch(report)
      case 'unopened':
        return dispatch({
          type: 'unopened',
          atMs: report.atMs,
          code: report.code,
          random: random(),
          lastWorkedMs: api.lastWorkedMs(),
        })
      case 'dead':
        return dispatch(report)
      case 'hello':
        return
      default:
        report satisfies never
    }
  })
}

function claim({ phase }: Visit, context: JobContext): () => void {
  if (phase.status !== 'requesting') return () => {}
  return cancellable(async (signal) => {
    await sleep(phase.notBeforeMs - context.now(), signal)
    if (phase.fresh) context.secrets.renew()
    settle(await context.api.claim(signal), context, signal)
  })
}

function startingKey({ phase }: Visit): string | undefined {
  if (phase.status === 'provisioning') return phase.session.id
  if ((phase.status === 'recovering' || phase.status === 'lost') && phase.step === 'starting')
    return `${phase.session.id} ${phase.replacing}`
  return undefined
}

function readUntilStarted({ phase }: Visit, context: JobContext): () => void {
  if (!('session' in phase)) return () => {}
  const { id } = phase.session
  const stuck = after(STUCK_MS, () =>
    context.dispatch({ type: 'stuck', lastWorkedMs: context.api.lastWorkedMs() }),
  )
  const stop = cancellable(async (signal) => {
    while (!signal.aborted) {
      await sleep(READ_EVERY_MS, signal)
      settle(await context.api.read(id, signal), context, signal)
    }
  })
  return () => {
    stuck()
    stop()
  }
}

function reroute({ phase }: Visit, context: JobContext): () => void {
  if (phase.status !== 'connecting') return () => {}
  const { session, attempt } = phase
  return cancellable(async (signal) => {
    // First the same pod again, at the address the API has now; after that another pod.
    const answer =
      attempt === 2
        ? await context.api.read(session.id, signal)
        : await context.api.recover(session.id, { epoch: session.epoch, how: 'failover' }, signal)
    settle(answer, context, signal)
  })
}

/** Turns an answer about a session into the event it is. */
export function settle(answer: Answer<Session>, context: JobContext, signal: AbortSignal): void {
  if (signal.aborted) return
  const atMs = context.now()
  const random = context.random()
  const lastWorkedMs = context.api.lastWorkedMs()
  switch (answer.is) {
    case 'unreachable':
      return context.dispatch({ type: 'unreachable', atMs, random, lastWorkedMs })
    case 'fault':
      return context.dispatch({ type: 'fault', error: answer.error, atMs, random, lastWorkedMs })
    case 'ok': {
      if (answer.value.state === 'ended') {
        const error = { code: 'session_over', message: 'This session has ended.', requestId: '' }
        return context.dispatch({ type: 'fault', error, atMs, random, lastWorkedMs })
      }
      const session: Held | undefined = heldOf(answer.value)
      return context.dispatch(
        session ? { type: 'claimed', session, atMs } : { type: 'starting', session: answer.value, atMs },
      )
    }
    default:
      answer satisfies never
  }
}

function leaseKey({ phase }: Visit): string | undefined {
  return isHolding(phase) ? phase.session.leaseEndsAt : undefined
}

function watchLease({ phase }: Visit, { api, dispatch }: JobContext): () => void {
  if (!isHolding(phase)) return () => {}
  const leftMs = leaseLeftMs(phase.session, api.skewMs())
  const low = after(leftMs - LEASE_LOW_MS, () => dispatch({ type: 'lease-low' }))
  const over = after(leftMs, () => dispatch({ type: 'lease-over' }))
  return () => {
    low()
    over()
  }
}

/** Milliseconds of lease left. The end is in the API's clock, so this browser's is corrected first. */
export function leaseLeftMs(session: Session, skewMs: number): number {
  return Date.parse(session.leaseEndsAt) - (Date.now() + skewMs)
}

function restKey(status: Visit['phase']['status']): string | undefined {
  return status === 'idle' || status === 'asleep' || status === 'failed' ? status : undefined
}

function releaseKey({ phase }: Visit): string | undefined {
  return 'release' in phase ? phase.release : undefined
}

/** Gives the pod back. The secret goes with it: the same secret would find the ended session. */
function release({ phase }: Visit, { api, secrets }: JobContext): () => void {
  if ('release' in phase && phase.release !== undefined) {
    void api.release(phase.release)
    secrets.renew()
  }
  return () => {}
}

function reportKey({ phase }: Visit): string | undefined {
  return isHolding(phase) ? `${phase.session.id} ${phase.session.epoch}` : undefined
}

/** Tells the audit what only the page can time. Nothing depends on it, so its failure is nobody's concern. */
function reportConnected({ phase, kills, first }: Visit, { api }: JobContext): () => void {
  if (!isHolding(phase)) return () => {}
  const { id, epoch } = phase.session
  const kill = kills.find((candidate) => candidate.to.epoch === epoch)
  const legMs = (name: string) => kill?.legs.find((leg) => leg.name === name)?.ms ?? 0
  const body = kill
    ? { epoch, connectMs: legMs('connected'), firstPongMs: kill.totalMs }
    : { epoch, connectMs: first?.connectMs ?? 0, firstPongMs: first?.ms ?? 0 }
  void api.connected(id, body)
  return () => {}
}

/** The newest receipt that may still learn how long Kubernetes took. */
function healsKey({ kills, phase }: Visit): string | undefined {
  const kill = kills[0]
  const pending = kill?.outage.cause === 'click' && kill.healMs === undefined
  return pending && isHolding(phase) && phase.session.id === kill.to.id ? `${kill.epoch}` : undefined
}

function readHeals({ phase }: Visit, { api, dispatch }: JobContext): () => void {
  if (!isHolding(phase)) return () => {}
  const { id } = phase.session
  return cancellable(async (signal) => {
    const rounds = Math.ceil(LIMITS.healBudgetMs / HEALS_EVERY_MS)
    for (let round = 0; round < rounds; round++) {
      await sleep(HEALS_EVERY_MS, signal)
      const answer = await api.read(id, signal)
      if (signal.aborted) return
      if (answer.is === 'ok') dispatch({ type: 'heals', heals: answer.value.heals })
    }
  })
}

/** Runs an asynchronous job until the undo is called; an aborted job ends silently, any other error is a bug and shows. */
export function cancellable(job: (signal: AbortSignal) => Promise<void>): () => void {
  const controller = new AbortController()
  const { signal } = controller
  job(signal).catch((error: unknown) => {
    if (!signal.aborted) throw error
  })
  return () => controller.abort()
}

/** Resolves after `ms`; rejects when aborted. */
export function sleep(ms: number, signal: AbortSignal): Promise<void> {
  if (ms <= 0) return Promise.resolve()
  return new Promise((resolve, reject) => {
    const undo = after(ms, resolve)
    signal.addEventListener('abort', () => {
      undo()
      reject(signal.reason)
    })
  })
}

/** A timer with its undo. */
export function after(ms: number, act: () => void): () => void {
  const timer = setTimeout(act, Math.max(0, ms))
  return () => clearTimeout(timer)
}
