import type { Step } from '@warm-pods/core/planner/plan.ts'
import type { SessionRow } from '@warm-pods/core/state/state.ts'
import type { Services } from '../services.ts'
import { updateSession } from './update-session.ts'

/** Hands a pod that has become Ready to the session that waits for it. Whoever sees it first does it: the page's poll or refill. */
export async function activate(services: Services, step: Step & { do: 'activate' }): Promise<SessionRow> {
  const { session, pod, healed } = step
  const nowMs = services.now()
  let isFirst = false
  const row = await updateSession(services, session, (now) => {
    isFirst = waitsAsBefore(session, now)
    if (!isFirst) return undefined
    const { kill, leftPodUid: _leftPodUid, ...rest } = now
    const heals = healed && kill ? [...now.heals, { epoch: kill.epoch, how: kill.how, ...healed }] : now.heals
    return {
      ...rest,
      state: 'live',
      pod,
      heals,
      epochAtMs: nowMs,
      seenAtMs: Math.max(now.seenAtMs, now.epochAtMs),
    }
  })
  if (!isFirst) return row
  const wasHealing = session.state === 'recovering'
  const facts = { epoch: row.epoch, pod: pod.name, waitedMs: nowMs - session.epochAtMs }
  await Promise.all([
    services.sessions.record(
      row.sessionId,
      wasHealing ? 'healed' : 'started',
      nowMs,
      healed ? { ...facts, healMs: healed.healMs } : facts,
    ),
    healed && services.stats.measure('heal', healed.healMs, nowMs),
    !wasHealing && row.epoch === 1 ? services.stats.count('cold', nowMs) : undefined,
  ])
  return row
}

/**
 * Whether a session waits for the same thing still. A kill that has come in meanwhile is meant for the very pod that was
 * about to be handed over: what follows it is for the next plan to say.
 */
function waitsAsBefore(seen: SessionRow, now: SessionRow): boolean {
  return (
    now.epoch === seen.epoch &&
    now.job === seen.job &&
    (now.state === 'starting' || now.state === 'recovering') &&
    now.kill?.atMs === seen.kill?.atMs &&
    now.kill?.done === seen.kill?.done &&
    now.leftPodUid === seen.leftPodUid
  )
}
