import type { Session } from '@warm-pods/core/api/contracts.ts'
import type { Probe } from '../../probe/probe.ts'
import type { Answer, Api } from '../api.ts'
import type { Secrets } from '../secret.ts'
import { heldOf } from '../state/phase.ts'
import type { VisitEvent } from '../state/visit-event.ts'
import type { Visit } from '../state/visit-state.ts'

/** Everything that effects may use. */
export interface EffectContext {
  readonly api: Api
  readonly probe: Probe
  readonly secrets: Secrets
  readonly now: () => number
  readonly random: () => number
  dispatch(event: VisitEvent): void
  /** The last request to kill a pod. */
  pendingKill: Promise<unknown>
}

/**
 * Something that goes on while the visit is in a certain state: level, not edge. The effect runs while `key` stays the
 * same. When the key changes, the visit calls the undo and starts the effect anew, unless the key is undefined.
 */
export interface Effect {
  readonly key: (visit: Visit) => string | undefined
  /** Returns the undo. */
  readonly start: (visit: Visit, context: EffectContext) => () => void
}

/** Dispatches an answer about a session as an event, unless the effect that asked has ended. */
export function dispatchAnswer(answer: Answer<Session>, context: EffectContext, signal: AbortSignal): void {
  if (!signal.aborted) context.dispatch(eventOf(answer, context))
}

function eventOf(answer: Answer<Session>, { api, now, random }: EffectContext): VisitEvent {
  const when = { atMs: now(), random: random(), lastWorkedMs: api.lastWorkedMs() }
  switch (answer.is) {
    case 'unreachable':
      return { type: 'unreachable', foreign: answer.foreign ?? false, ...when }
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

/** The API may answer an ended session or refuse it with `session_over`; both become the same event. */
const OVER = { code: 'session_over', message: 'This session has ended.', requestId: '' }

/** Starts an asynchronous effect and returns its undo. An aborted effect ends silently; any other error is a bug and shows. */
export function cancellable(run: (signal: AbortSignal) => Promise<void>): () => void {
  const controller = new AbortController()
  const { signal } = controller
  run(signal).catch((error: unknown) => {
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
