/** The smaller API calls of a visitor on their own session, and the end of a session. */
import type { ConnectedBody, EndReason, Progress, Routed } from '@warm-pods/core/api/contracts.ts'
import type { SessionRow } from '@warm-pods/core/state/session.ts'
import { sessionWork } from '@warm-pods/core/state/work.ts'
import { connectSession, hasFailedOverAfterKill } from '@warm-pods/core/transitions/connect-session.ts'
import { endSession as end } from '@warm-pods/core/transitions/end-session.ts'
import { extendSession } from '@warm-pods/core/transitions/extend-session.ts'
import type { Services } from '../services.ts'
import { auditConnected, auditEnded, auditExtended } from './audit.ts'
import type { Caller } from './caller.ts'
import { confirmPod } from './confirm-pod.ts'
import { getSession, updateSession } from './update-session.ts'

/**
 * The session. While it waits for a pod, the cluster is asked for the pod's progress, and a Ready pod is given to it. A live session
 * gets no pod that is gone: see {@link confirmPod}.
 * Errors of DynamoDB and Kubernetes pass through.
 * @throws ApiError no_session, unavailable.
 */
export async function read(
  services: Services,
  caller: Caller,
): Promise<{ row: SessionRow; progress?: Progress; routed?: Routed }> {
  const row = await getSession(services, caller.sessionId)
  if (row.state === 'ended') return { row }
  if (row.state === 'live') {
    const doubtedAtMs = await services.refill.doubtedAtMs()
    return { row: await confirmPod(services, caller, row, doubtedAtMs) }
  }
  // Loaded on demand, with the Kubernetes client: a warm claim in a cold Lambda needs neither.
  const { pollPod } = await import('./poll-pod.ts')
  return pollPod(services, row)
}

/**
 * Extends the session's lease. Errors of DynamoDB pass through.
 * @throws ApiError no_session, session_over, lease_at_limit, unavailable.
 */
export async function extend(services: Services, sessionId: string): Promise<SessionRow> {
  const seen = await getSession(services, sessionId)
  const nowMs = services.now()
  const { row } = await updateSession(services, seen, (now) => extendSession(now, nowMs, services.limits))
  await Promise.all([
    auditExtended(services, row, nowMs),
    services.rateLimits.extendSession(row.visitor, sessionId, row.leaseEndsAtMs),
  ])
  return row
}

/**
 * Records the page's report of its first pong, once per epoch. Errors of DynamoDB pass through.
 * @throws ApiError no_session, session_over, old_epoch, future_epoch, unavailable.
 */
export async function connected(services: Services, sessionId: string, body: ConnectedBody): Promise<void> {
  const seen = await getSession(services, sessionId)
  const nowMs = services.now()
  const { row, changed } = await updateSession(services, seen, (now) =>
    connectSession(now, body.epoch, nowMs),
  )
  // 0: the page did not measure it, as after a reload.
  const isFailover = changed && body.firstPongMs > 0 && hasFailedOverAfterKill(row)
  await Promise.all([
    auditConnected(services, row, body, nowMs),
    isFailover ? services.stats.measure('failover', body.firstPongMs, nowMs) : undefined,
  ])
}

/**
 * Gives the pod back. A session that has ended stays ended. Errors of DynamoDB pass through.
 * @throws ApiError no_session, unavailable.
 */
export async function release(services: Services, sessionId: string): Promise<void> {
  const seen = await getSession(services, sessionId)
  if (seen.state === 'ended') return closeSession(services, seen)
  await endSession(services, seen, 'released')
  await services.invokeRefill([sessionWork(sessionId)])
}

/**
 * Ends a session. Refill deletes its Jobs. Errors of DynamoDB pass through.
 * @param seen the session as it was judged. Unless the visitor released it, it ends only if it has not changed since.
 * @throws ApiError no_session, unavailable.
 */
export async function endSession(services: Services, seen: SessionRow, because: EndReason): Promise<void> {
  const nowMs = services.now()
  const { row } = await updateSession(services, seen, (now) => end(now, seen, because, nowMs))
  if (row.state === 'ended') await closeSession(services, row)
}

/**
 * Writes the last audit row of an ended session and takes it off the rate limit of its address. Idempotent. Errors of
 * DynamoDB pass through.
 */
export async function closeSession(services: Services, row: SessionRow): Promise<void> {
  await Promise.all([
    auditEnded(services, row, row.endedAtMs ?? services.now()),
    services.rateLimits.removeSession(row.visitor, row.sessionId),
  ])
}
