import type { PodReach } from '@warm-pods/core/api/contracts.ts'
import type { ApiErrorCode } from '@warm-pods/core/api/errors.ts'
import type { Answer } from '../api.ts'
import { isReaching } from '../state/phase.ts'
import type { Visit } from '../state/visit-state.ts'
import { after, cancellable, dispatchAnswer, type EffectContext, sleep } from './effect.ts'

const READ_EVERY_MS = 300
/** A cold start that takes longer has failed: the API's start budget ends before. */
export const STUCK_MS = 90_000

/** Claims a pod at `notBeforeMs`. */
export function claim({ phase }: Visit, context: EffectContext): () => void {
  if (phase.status !== 'requesting') return () => {}
  return cancellable(async (signal) => {
    await sleep(phase.notBeforeMs - context.now(), signal)
    if (phase.fresh) context.secrets.renew()
    dispatchAnswer(await context.api.claim(signal), context, signal)
  })
}

/** Polls the session of a pod that is starting, until the pod has an address. */
export function readUntilStarted({ phase }: Visit, context: EffectContext): () => void {
  if (!('session' in phase)) return () => {}
  const { id } = phase.session
  const stuck = after(STUCK_MS, () =>
    context.dispatch({ type: 'stuck', lastWorkedMs: context.api.lastWorkedMs() }),
  )
  const stop = cancellable(async (signal) => {
    while (!signal.aborted) {
      await sleep(READ_EVERY_MS, signal)
      dispatchAnswer(await context.api.read(id, signal), context, signal)
    }
  })
  return () => {
    stuck()
    stop()
  }
}

/** Reads the session again, or fails over from a pod that does not answer. */
export function reroute({ phase }: Visit, context: EffectContext): () => void {
  if (phase.status !== 'connecting') return () => {}
  const { session, step, notBeforeMs } = phase
  return cancellable(async (signal) => {
    await sleep(notBeforeMs - context.now(), signal)
    const answer =
      step === 'replacing'
        ? await context.api.recover(session.id, { epoch: session.epoch, how: 'failover' }, signal)
        : await context.api.read(session.id, signal)
    dispatchAnswer(answer, context, signal)
  })
}

/**
 * Asks the API about the way to the pod. If the session has moved on to another pod, its answer is read instead. An API that
 * cannot check the pod, or is older than this operation, gives no evidence: `unknown`.
 */
export function checkPath({ phase }: Visit, context: EffectContext): () => void {
  if (!isReaching(phase)) return () => {}
  const { id, epoch } = phase.session
  const { api, now, random, dispatch } = context
  return cancellable(async (signal) => {
    const answer = await api.reach(id, signal)
    if (signal.aborted) return
    const moved = answer.is === 'ok' ? answer.value.epoch !== epoch : codeOf(answer) === 'future_epoch'
    if (moved) return dispatchAnswer(await api.read(id, signal), context, signal)
    if (answer.is === 'unreachable' && !answer.foreign) return dispatchAnswer(answer, context, signal)
    if (answer.is === 'error' && ENDED.has(answer.error.code)) return dispatchAnswer(answer, context, signal)
    const reach = answer.is === 'ok' && KNOWN.has(answer.value.reach) ? answer.value.reach : 'unknown'
    dispatch({ type: 'reach', reach, atMs: now(), random: random(), lastWorkedMs: api.lastWorkedMs() })
  })
}

/** A result of a newer API that this page does not know is no evidence. */
const KNOWN: ReadonlySet<string> = new Set<PodReach>(['answers', 'no_answer', 'gateway_down'])
const ENDED: ReadonlySet<string> = new Set<ApiErrorCode>(['no_session', 'session_over', 'bad_secret'])

function codeOf(answer: Answer<unknown>): string | undefined {
  return answer.is === 'error' ? answer.error.code : undefined
}
