import type { Visit } from '../state/visit-state.ts'
import { cancellable, dispatchAnswer, type EffectContext, sleep } from './effect.ts'

/**
 * Sends the visitor's kill. For `polite` the API deletes the pod. For `crash` the page sends the message on the pod's own
 * socket, and the API records it. A frozen pod is deleted once the page knows that it is dead: see {@link replacePod}.
 */
export function runKill({ phase }: Visit, context: EffectContext): () => void {
  if (phase.status !== 'terminating') return () => {}
  const { how, of } = phase.outage
  if (how === undefined) return () => {}
  if (how !== 'polite') context.probe.die(how)
  if (how === 'freeze') return () => {}
  const request = context.api.kill(of.id, how, of.epoch)
  context.pendingKill = request
  // The undo does not cancel the request. A refusal matters only while the visit still waits for this death.
  return cancellable(async (signal) => {
    const answer = await request
    if (signal.aborted || how === 'crash' || answer.is === 'ok') return
    context.dispatch({ type: 'spared', reason: answer.is === 'error' ? answer.error.message : '' })
  })
}

/** Requests the next pod. A frozen pod is deleted first, since its missed pings prove that it is dead. */
export async function replacePod(
  { phase }: Visit,
  context: EffectContext,
  signal: AbortSignal,
): Promise<void> {
  if (phase.status !== 'recovering' && phase.status !== 'lost') return
  const { outage, replacing, attempt, notBeforeMs } = phase
  const { id, epoch } = outage.of
  const first = replacing === epoch
  // A reload may have cancelled the request for another kill. The API takes a repeated one for the same.
  if (outage.how && (outage.how === 'freeze' || outage.interrupted) && first && attempt === 1)
    context.pendingKill = context.api.kill(id, outage.how, epoch)
  // Kubernetes heals only the pod that died; a replacement that never answered is replaced from the pool.
  const how = first ? outage.recover : 'failover'
  // A fail-over may overtake the kill, which names its epoch. A heal is timed from the death that the kill records.
  if (how === 'heal') await context.pendingKill
  await sleep(notBeforeMs - context.now(), signal)
  if (signal.aborted) return
  const answer = await context.api.recover(id, { epoch: replacing, how }, signal)
  const moved =
    answer.is === 'error' && (answer.error.code === 'old_epoch' || answer.error.code === 'future_epoch')
  dispatchAnswer(moved ? await context.api.read(id, signal) : answer, context, signal)
}
