/** The smaller calls a visitor makes on their own session. */
import type { ConnectedBody, Progress } from '@warm-pods/core/contracts.ts'
import { Fault } from '@warm-pods/core/faults.ts'
import type { SessionRow } from '@warm-pods/core/pool.ts'
import { iso } from '@warm-pods/core/session-view.ts'
import { changeSession, owned } from './own-session.ts'
import type { Services } from './services.ts'

/**
 * The session; while it waits for a pod, the cluster is asked how far that is, and a pod that is Ready is handed over.
 * @throws Fault no_session.
 */
export async function read(
  services: Services,
  sessionId: string,
): Promise<{ row: SessionRow; progress?: Progress }> {
  const row = await owned(services, sessionId)
  if (row.state !== 'starting' && row.state !== 'recovering') return { row }
  // With Kubernetes' client, which it needs: a cold start that meets a warm pod reads neither.
  const { lookFor } = await import('./look-for-pod.ts')
  return lookFor(services, row)
}

/** @throws Fault no_session, session_over, lease_at_limit. */
export async function extend(services: Services, sessionId: string): Promise<SessionRow> {
  const seen = await owned(services, sessionId)
  const nowMs = services.now()
  const row = await changeSession(services, seen, (now) => {
    if (now.state === 'ended') throw new Fault('session_over')
    if (now.leaseEndsAtMs >= now.endsAtMs) throw new Fault('lease_at_limit')
    return { ...now, leaseEndsAtMs: Math.min(nowMs + services.limits.leaseMs, now.endsAtMs), seenAtMs: nowMs }
  })
  await Promise.all([
    services.sessions.record(sessionId, 'extended', nowMs, { leaseEndsAt: iso(row.leaseEndsAtMs) }),
    services.visitors.stay(row.visitor, sessionId, row.leaseEndsAtMs),
  ])
  return row
}

/** The page's own report of its first pong: once per epoch, for the audit. @throws Fault no_session, session_over, old_epoch, future_epoch. */
export async function connected(services: Services, sessionId: string, body: ConnectedBody): Promise<void> {
  const seen = await owned(services, sessionId)
  const nowMs = services.now()
  let isFirst = false
  const row = await changeSession(services, seen, (now) => {
    if (now.state === 'ended') throw new Fault('session_over')
    if (body.epoch < now.epoch) throw new Fault('old_epoch', { field: 'epoch' })
    if (body.epoch > now.epoch) throw new Fault('future_epoch', { field: 'epoch' })
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

/** Gives the pod back; a session that has ended stays ended. @throws Fault no_session. */
export async function release(services: Services, sessionId: string): Promise<void> {
  const seen = await owned(services, sessionId)
  if (seen.state === 'ended') return closeAccount(services, seen)
  await endSession(services, seen, 'released')
  await services.wakeRefill()
}

/** Ends a session, unless it has moved on since it was judged; refill deletes its Jobs. */
export async function endSession(
  services: Services,
  seen: SessionRow,
  because: NonNullable<SessionRow['endReason']>,
): Promise<void> {
  const nowMs = services.now()
  const judged = seen.version
  const row = await changeSession(services, seen, (now) => {
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
