import type { HowToDie, Pod } from '@warm-pods/core/api/contracts.ts'
import { type Kill, killOf } from '@warm-pods/core/state/kill-state.ts'
import type { SessionRow } from '@warm-pods/core/state/session.ts'
import { sessionWork } from '@warm-pods/core/state/work.ts'
import { completeKill, podOf, requestKill } from '@warm-pods/core/transitions/kill.ts'
import { settleAll } from '../lib/settle-all.ts'
import type { Services } from '../services.ts'
import { auditKilled } from './audit.ts'
import { getSession, updateSession } from './update-session.ts'

/**
 * Kills a pod of the visitor. The row records the kill before the API server is asked to delete the pod, and a second
 * request for the same epoch changes nothing. While the session has no pod, the kill applies to the first pod that comes.
 *
 * The page requests a crash over its own WebSocket, so no pod is deleted here. Refill deletes the pod if it still runs
 * `lostGraceMs` later.
 *
 * Errors of DynamoDB and Kubernetes pass through.
 * @param epoch the epoch whose pod is meant; the present one when it is not given. A page whose socket closes fails over
 * at once, so its kill may arrive after the fail-over. It then kills the pod that the session has left.
 * @throws ApiError no_session, session_over, too_soon, future_epoch, unavailable.
 */
export async function kill(
  services: Services,
  sessionId: string,
  how: HowToDie,
  epoch?: number,
): Promise<SessionRow> {
  const seen = await getSession(services, sessionId)
  const atMs = services.now()
  const { row, changed } = await updateSession(services, seen, (now) =>
    requestKill(now, { epoch, how }, atMs, services.limits),
  )
  const killed = killOf(row, epoch ?? row.epoch)
  if (!killed) return row
  if (!changed) {
    // A repeated request. The first Lambda may have crashed before it wrote the audit row.
    await auditKilled(services, sessionId, killed)
    return row
  }
  const pod = podOf(row, killed.epoch)
  // The visitor waits for the deletion, so it does not wait for the audit.
  const [updated] = await settleAll([
    actOn(services, row, killed, pod),
    auditKilled(services, sessionId, killed, pod),
    services.stats.count('kills', atMs, { detail: `kills#${killed.how}` }),
  ])
  return updated
}

/** Deletes the pod, or triggers refill for a pod that does not exist yet. Returns the session as it stands afterwards. */
async function actOn(
  services: Services,
  row: SessionRow,
  killed: Kill,
  pod: Pick<Pod, 'name' | 'uid'> | undefined,
): Promise<SessionRow> {
  if (!pod) await services.invokeRefill([sessionWork(row.sessionId)])
  else if (killed.how !== 'crash') return killPod(services, row, killed, pod)
  return row
}

/**
 * Deletes the pod of a kill, and records when the cluster says it died. Refill calls this too, for kills whose Lambda
 * crashed. Errors of DynamoDB and Kubernetes pass through.
 * @returns the session as it stands afterwards.
 * @throws ApiError no_session, unavailable.
 */
export async function killPod(
  services: Services,
  row: SessionRow,
  { epoch, how }: Kill,
  pod: Pick<Pod, 'name' | 'uid'>,
): Promise<SessionRow> {
  const { graceMs, frozenGraceMs } = services.limits
  const cluster = await services.cluster()
  const died = await cluster.deletePod(pod.name, pod.uid, how === 'freeze' ? frozenGraceMs : graceMs)
  const updated = await updateSession(services, row, (now) =>
    completeKill(now, epoch, { podUid: pod.uid, ...died }),
  )
  return updated.row
}
