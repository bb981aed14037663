import type { Visit } from '../state/reducer.ts'
import { cancellable, dispatchAnswer, type EffectContext, sleep } from './effect.ts'

/**
 * Carries out the visitor's order. Politely the API deletes the pod; a crash is asked for on the pod's own socket and
 * recorded by the API; a frozen pod is deleted only when the page knows that it is dead (see {@link replacePod}).
 */
export function runKill({ phase }: Visit, context: EffectContext): () => void {
  if (phase.status !== 'terminating') return () => {}
  const { how, of } = phase.outage
  if (how === undefined) return () => {}
  if (how !== 'polite') context.probe.die(how)
  if (how === 'freeze') return () => {}
  const request = context.api.kill(of.id, how, of.epoch)
  context.pendingKill = request
  // The order goes through whatever the page does next; only its refusal is of interest, and only while it matters.
  return cancellable(async (signal) => {
    const answer = await request
    if (signal.aborted || how === 'crash' || answer.is === 'ok') return
    context.dispatch({ type: 'spared', reason: answer.is === 'error' ? answer.error.message : '' })
  })
}

/** Asks for the next pod. A frozen one is deleted first, now that its silence is proof. */
export async function replacePod(
  { phase }: Visit,
  context: EffectContext,
  signal: AbortSignal,
): Promise<void> {
  if (phase.status !== 'recovering' && phase.status !== 'lost') return
  const { outage, replacing, attempt, notBeforeMs } = phase
  const { id, epoch } = outage.of
  const first = replacing === epoch
  if (outage.how === 'freeze' && first && attempt === 1)
    context.pendingKill = context.api.kill(id, 'freeze', epoch)
  // A replacement that never answered is not waited for again.
  const how = first ? outage.recover : 'failover'
  // The kill names its epoch, so a fail-over may overtake it. Healing begins with the death that the kill records.
  if (how === 'heal') await context.pendingKill
  await sleep(notBeforeMs - context.now(), signal)
  if (signal.aborted) return
  const answer = await context.api.recover(id, { epoch: replacing, how }, signal)
  const moved =
    answer.is === 'error' && (answer.error.code === 'old_epoch' || answer.error.code === 'future_epoch')
  dispatchAnswer(moved ? await context.api.read(id, signal) : answer, context, signal)
}
