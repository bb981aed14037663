import type { Limits } from '../limits.ts'
import type { SessionRow } from '../state/session.ts'
import type { ClaimedSlot } from '../state/slot.ts'
import { createWarmSession } from './create-session.ts'
import { toPreviousJob } from './previous-jobs.ts'

/**
 * Completes a claim whose Lambda died after it claimed the slot. The slot names the session and the epoch, so refill can
 * write the session row from it. The visitor's retry then finds the session it asked for.
 * @param session the session as it stands; undefined when its row was never written.
 */
export function completeClaim(
  slot: ClaimedSlot,
  session: SessionRow | undefined,
  nowMs: number,
  limits: Limits,
): SessionRow {
  const { sessionId, epoch, job, key, pod, requestId, visitor = '' } = slot
  const request = requestId === undefined ? {} : { requestId }
  if (!session) {
    // The Lambda's own measurements died with it.
    const receipt = { outcome: 'warm' as const, stages: [], candidates: 0, tries: 1, conflicts: 0 }
    return createWarmSession({ sessionId, visitor, receipt, ...request }, slot, nowMs, limits)
  }
  const { kill: _kill, previousPodUid: _previousPodUid, requestId: _requestId, ...rest } = session
  return {
    ...rest,
    state: 'live',
    source: 'rescued',
    epoch,
    job,
    key,
    pod,
    ...request,
    epochAtMs: nowMs,
    replacedAtMs: nowMs,
    previousJobs: [...session.previousJobs, toPreviousJob(session)],
  }
}
