/** The smaller calls a visitor makes on their own session. */
import type { ConnectedBody, Progress } from '@warm-pods/core/api/contracts.ts'
import { ApiError } from '@warm-pods/core/api/errors.ts'
import type { SessionRow } from '@warm-pods/core/state/state.ts'
import { toIsoTime } from '@warm-pods/core/time.ts'
import type { Services } from '../services.ts'
import { getSession, updateSession } from './update-session.ts'

/**
 * The session; while it waits for a pod, the cluster is asked how far that is, and a pod that is Ready is handed over.
 * @throws ApiError no_session.
 */
export async function read(
  services: Services,
  sessionId: string,
): Promise<{ row: SessionRow; progress?: Progress }> {
  const row = await getSession(services, sessionId)
  if (row.state !== 'starting' && row.state !== 'recovering') return { row }
  // With Kubernetes' client, which it needs: a cold start that meets a warm pod reads neither.
  const { pollPod } = await import('./poll-pod.ts')
  return pollPod(services, row)
}

/** @throws ApiError no_session, session_over, lease_at_limit. */
export async function extend(services: Services, sessionId: string): Promise<SessionRow> {
  const seen = await getSession(services, sessionId)
  const nowMs = services.now()
  const row = await updateSession(services, seen, (now) => {
    if (now.state === 'ended') throw new ApiError('session_over')
    if (now.leaseEndsAtMs >= now.endsAtMs) throw new ApiError('lease_at_limit')
    return { ...now, leaseEndsAtMs: Math.min(nowMs + services.limits.leaseMs, now.endsAtMs), seenAtMs: nowMs }
  })
  await Promise.all([
    services.sessions.record(sessionId, 'extended', nowMs, { leaseEndsAt: toIsoTime(row.leaseEndsAtMs) }),
    services.visitors.stay(row.visitor, sessionId, row.leaseEndsAtMs),
  ])
  return row
}

/** The page's own report of its first pong: once per epoch, for the audit. @throws ApiError no_session, session_over, old_epoch, future_epoch. */
export async function connected(services: Services, sessionId: string, body: ConnectedBody): Promise<void> {
  const seen = await getSession(services, sessionId)
  const nowMs = services.now()
  let isFirst = false
  const row = await updateSession(services, seen, (now) => {
    if (now.state === 'ended') throw new ApiError('session_over')
    if (body.epoch < now.epoch) throw new ApiError('old_epoch', { field: 'epoch' })
    if (body.epoch > now.epoch) throw new ApiError('future_epoch', { field: 'epoch' })
    isFirst = now.connectedEpoch < body.epoch
    return isFirst ? { ...now, connectedEpoch: body.epoch, connectedAtMs: nowMs, seenAtMs: nowMs } : undefined
  })
  const { connectMs, firstPongMs, epoch } = body
  await Promise.all([
    services.sessions.record(sessionId, 'connected', row.connectedAtMs ?? nowMs, {
      epoch,
      connectMs,
      firstPongMs,
      ...(row.pod ? { pod: row.pod.name } : {}),
    }),
    isFirst && failedOver(row) ? services.stats.measure('failover', firstPongMs, nowMs) : undefined,
  ])
}

/** Whether the pod it holds was taken warm in the place of one that its visitor had killed. */
function failedOver(row: SessionRow): boolean {
  return row.source === 'rescued' && row.oldJobs.some((old) => old.kill && old.epoch === row.epoch - 1)
}

/** Gives the pod back; a session that has ended stays ended. @throws ApiError no_session. */
export async function release(services: Services, sessionId: string): Promise<void> {
  const seen = await getSession(services, sessionId)
  if (seen.state === 'ended') return closeAccount(services, seen)
  await endSession(services, seen, 'released')
  await services.invokeRefill()
}

/** Ends a session, unless it has moved on since it was judged; refill deletes its Jobs. */
export async function endSession(
  services: Services,
  seen: SessionRow,
  because: NonNullable<SessionRow['endReason']>,
): Promise<void> {
  const nowMs = services.now()
  const judged = seen.version
  const row = await updateSession(services, seen, (now) => {
    // What the visitor asks for holds whatever else happened; what refill judged holds only for what it saw.
    const holds = now.state !== 'ended' && (because === 'released' || now.version === judged)
    return holds ? { ...now, state: 'ended', endReason: because, endedAtMs: nowMs } : undefined
  })
  if (row.state === 'ended') await closeAccount(services, row)
}

/** The last line of a session's audit, and its end on the account of its address. Doing it again changes nothing. */
export async function closeAccount(services: Services, row: SessionRow): Promise<void> {
  const endedAtMs = row.endedAtMs ?? services.now()
  await Promise.all([
    services.sessions.record(row.sessionId, 'ended', endedAtMs, {
      because: row.endReason,
      epoch: row.epoch,
      lastedMs: endedAtMs - row.createdAtMs,
      ...(row.pod ? { pod: row.pod.name } : {}),
    }),
    services.visitors.leave(row.visitor, row.sessionId),
  ])
}
