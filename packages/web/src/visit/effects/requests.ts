import type { Visit } from '../state/reducer.ts'
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

/** Handles a pod that did not answer: reads its address again, then fails over. After an outage it only reads the address. */
export function reroute({ phase }: Visit, context: EffectContext): () => void {
  if (phase.status !== 'connecting') return () => {}
  const { session, attempt, step } = phase
  return cancellable(async (signal) => {
    const answer =
      attempt === 2 || step === 'rejoining'
        ? await context.api.read(session.id, signal)
        : await context.api.recover(session.id, { epoch: session.epoch, how: 'failover' }, signal)
    dispatchAnswer(answer, context, signal)
  })
}
