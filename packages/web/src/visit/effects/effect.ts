import type { Session } from '@warm-pods/core/api/contracts.ts'
import type { Probe } from '../../probe/probe.ts'
import type { Answer, Api } from '../api.ts'
import type { Secrets } from '../secret.ts'
import { heldOf } from '../state/phase.ts'
import type { Visit } from '../state/reducer.ts'
import type { VisitEvent } from '../state/visit-event.ts'

/** What jobs may touch. */
export interface EffectContext {
  readonly api: Api
  readonly probe: Probe
  readonly secrets: Secrets
  readonly now: () => number
  readonly random: () => number
  dispatch(event: VisitEvent): void
  /** The last order to kill. */
  pendingKill: Promise<unknown>
}

/**
 * Something that goes on while the visit is in a certain state: level, not edge. While `key` stays the same the job
 * runs; when it changes the old run is undone and, unless the key is undefined, a new one starts.
 */
export interface Effect {
  readonly key: (visit: Visit) => string | undefined
  /** Returns the undo. */
  readonly start: (visit: Visit, context: EffectContext) => () => void
}

/** Turns an answer about a session into the event it is, unless the job it belongs to is over. */
export function dispatchAnswer(answer: Answer<Session>, context: EffectContext, signal: AbortSignal): void {
  if (!signal.aborted) context.dispatch(eventOf(answer, context))
}

function eventOf(answer: Answer<Session>, { api, now, random }: EffectContext): VisitEvent {
  const when = { atMs: now(), random: random(), lastWorkedMs: api.lastWorkedMs() }
  switch (answer.is) {
    case 'unreachable':
      return { type: 'unreachable', ...when }
    case 'error':
      return { type: 'api-error', error: answer.error, ...when }
    case 'ok': {
      const session = answer.value
      if (session.state === 'ended') return { type: 'api-error', error: OVER, ...when }
      const held = heldOf(session)
      return held
        ? { type: 'claimed', session: held, atMs: when.atMs }
        : { type: 'starting', session, atMs: when.atMs }
    }
    default:
      return answer satisfies never
  }
}

/** A session that is read as ended and one that is refused as ended mean the same to the page. */
const OVER = { code: 'session_over', message: 'This session has ended.', requestId: '' }

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
