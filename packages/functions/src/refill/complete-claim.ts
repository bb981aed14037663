import { type ClaimedSlot, type SessionRow, toPreviousJob } from '@warm-pods/core/state/state.ts'
import type { Services } from '../services.ts'
import { newSession } from '../sessions/claim.ts'

/**
 * Finishes a claim whose Lambda died between its two writes: the slot says whose it is, so the session row can be
 * written from it. The visitor's own retry then finds the session it asked for.
 */
export async function finishClaim(
  services: Services,
  slot: ClaimedSlot,
  session: SessionRow | undefined,
): Promise<void> {
  const { sessionId, epoch, job, key, pod } = slot
  const held = { job, key, pod, epoch, state: 'live' } as const
  if (session) {
    const { kill: _kill, leftPodUid: _leftPodUid, ...rest } = session
    const nowMs = services.now()
    await services.sessions.update(session, {
      ...rest,
      ...held,
      source: 'rescued',
      epochAtMs: nowMs,
      replacedAtMs: nowMs,
      oldJobs: [...session.oldJobs, toPreviousJob(session)],
    })
    return
  }
  const receipt = { outcome: 'warm', stages: [], candidates: 0, tries: 1, conflicts: 0 } as const
  await services.sessions.create({
    ...newSession(services, sessionId, slot.visitor ?? ''),
    ...held,
    oldJobs: [],
    heals: [],
    source: 'warm',
    receipt: { ...receipt, stages: [] },
  })
}
