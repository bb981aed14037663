/** The smaller calls a visitor makes on their own session. */
import type { ConnectedBody, Progress } from '@warm-pods/core/contracts.ts'
import { Fault } from '@warm-pods/core/faults.ts'
import { planSession } from '@warm-pods/core/plan-session.ts'
import { crashedPod, type SessionRow, servingPod } from '@warm-pods/core/pool.ts'
import { iso } from '@warm-pods/core/session-view.ts'
import { activate } from './activate.ts'
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
  const cluster = await services.cluster()
  const { jobs, pods } = await cluster.inspect(row.job)
  const world = {
    slots: [],
    sessions: [row],
    jobs,
    pods,
    refill: { lastRunAtMs: undefined, failures: 0, pausedUntilMs: 0, live: 0 },
  }
  const [step] = planSession(row, world, services.now(), services.limits)
  if (step?.do === 'activate') return { row: await activate(services, step) }
  // A pod that died before it was ever Ready tells why; one that a visitor killed is no news to them.
  const crashed = row.state === 'starting' ? crashedPod(pods, row.job) : undefined
  const told = servingPod(pods, row.job, row.leftPodUid) ?? crashed
  return { row, progress: told?.progress ?? notYet(jobs[0]?.createdAtMs, row) }
}

/** No pod yet: the Job has been asked for, or its controller is waiting out its back-off. */
function notYet(jobCreatedAtMs: number | undefined, row: SessionRow): Progress {
  const created = row.state === 'starting' && jobCreatedAtMs !== undefined ? iso(jobCreatedAtMs) : null
  return [
    { step: 'created', at: created },
    { step: 'scheduled', at: null },
    { step: 'started', at: null },
    { step: 'ready', at: null },
  ]
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
    return isFirst ? { ...now, connectedEpoch: body.epoch, seenAtMs: nowMs } : undefined
  })
  if (!isFirst) return
  const { connectMs, firstPongMs, epoch } = body
  await Promise.all([
    services.sessions.record(sessionId, 'connected', nowMs, {
      epoch,
      connectMs,
      firstPongMs,
      ...(row.pod ? { pod: row.pod.name } : {}),
    }),
    failedOver(row) ? services.stats.measure('failover', firstPongMs, nowMs) : undefined,
  ])
}

/** Whether the pod it holds was taken warm in the place of one that its visitor had killed. */
function failedOver(row: SessionRow): boolean {
  return row.source === 'rescued' && row.oldJobs.some((old) => old.kill && old.epoch === row.epoch - 1)
}

/** Gives the pod back; a session that has ended stays ended. @throws Fault no_session. */
export async function release(services: Services, sessionId: string): Promise<void> {
  const seen = await owned(services, sessionId)
  if (seen.state === 'ended') return
  await endSession(services, seen, 'released')
  await services.wakeRefill()
}

/** Ends a session; refill deletes its Jobs. @returns undefined when it had ended, or has moved on since it was judged. */
export async function endSession(
  services: Services,
  seen: SessionRow,
  because: NonNullable<SessionRow['endReason']>,
): Promise<void> {
  const nowMs = services.now()
  let isFirst = false
  const judged = seen.version
  const row = await changeSession(services, seen, (now) => {
    // What the visitor asks for holds whatever else happened; what refill judged holds only for what it saw.
    isFirst = now.state !== 'ended' && (because === 'released' || now.version === judged)
    return isFirst ? { ...now, state: 'ended', endReason: because, endedAtMs: nowMs } : undefined
  })
  if (!isFirst) return
  await Promise.all([
    services.sessions.record(row.sessionId, 'ended', nowMs, {
      because,
      epoch: row.epoch,
      lastedMs: nowMs - row.createdAtMs,
      ...(row.pod ? { pod: row.pod.name } : {}),
    }),
    services.visitors.leave(row.visitor, row.sessionId),
  ])
}
