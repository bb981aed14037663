import type { HowToDie, Pod } from '@warm-pods/core/api/contracts.ts'
import { ApiError } from '@warm-pods/core/api/errors.ts'
import { isKilled, type Kill, type SessionRow } from '@warm-pods/core/state/state.ts'
import type { Services } from '../services.ts'
import { getSession, updateSession } from './update-session.ts'

/**
 * Kills the visitor's pod. The row says so first, the cluster is asked second; asked again for the same epoch nothing
 * more happens. A crash has been asked for on the visitor's own socket: nothing is deleted here, and refill deletes the
 * pod only if it runs on all the same. Asked for while the pod is still starting it is honoured as soon as there is one.
 * @param epoch the pod that is meant; the one held now when it is not said. A page that hears of the death on its socket
 * fails over at once, so its kill may arrive second: it then hits the pod that was left, never the new one.
 * @throws ApiError no_session, session_over, too_soon, future_epoch.
 */
export async function kill(
  services: Services,
  sessionId: string,
  how: HowToDie,
  epoch?: number,
): Promise<SessionRow> {
  const seen = await getSession(services, sessionId)
  const atMs = services.now()
  let marked: Marked | undefined
  const row = await updateSession(services, seen, (now) => {
    marked = mark(now, { epoch: epoch ?? now.epoch, how, atMs, done: false })
    if (!marked) return undefined
    checkCooldown(services, now, atMs)
    return { ...marked.row, lastKillAtMs: atMs, seenAtMs: atMs }
  })
  if (!marked) {
    // Asked again: the first may have died before it came to the audit.
    const killed = killOf(row, epoch ?? row.epoch)
    if (killed) await audit(services, row, killed)
    return row
  }
  const { pod } = marked
  await Promise.all([audit(services, row, marked.kill, pod), services.stats.count('kills', atMs)])
  if (pod && how !== 'crash') return killPod(services, row, marked.kill, pod)
  if (!pod) await services.invokeRefill()
  return row
}

/** The kill of an epoch that the row still knows. */
function killOf({ kill, oldJobs }: SessionRow, epoch: number): Kill | undefined {
  return kill?.epoch === epoch ? kill : oldJobs.find((old) => old.epoch === epoch)?.kill
}

function audit(
  services: Services,
  { sessionId }: SessionRow,
  { atMs, epoch, how }: Kill,
  pod?: Pick<Pod, 'name'>,
): Promise<void> {
  const facts = { how, epoch, ...(pod ? { pod: pod.name } : {}) }
  return services.sessions.record(sessionId, 'killed', atMs, facts)
}

interface Marked {
  readonly row: SessionRow
  readonly kill: Kill
  /** Absent while it starts, or while it is known by its uid alone. */
  readonly pod: Pick<Pod, 'name' | 'uid'> | undefined
}

/**
 * Writes a kill where it belongs: on the session, or on the Job it has left since.
 * @returns undefined when that epoch's pod has been killed already, or is gone.
 * @throws ApiError session_over, future_epoch.
 */
function mark(row: SessionRow, kill: Kill): Marked | undefined {
  if (row.state === 'ended') throw new ApiError('session_over')
  if (kill.epoch > row.epoch)
    throw new ApiError('future_epoch', {
      field: 'epoch',
      expected: `${row.epoch} at most`,
      received: `${kill.epoch}`,
    })
  if (kill.epoch === row.epoch) {
    if (isKilled(row)) return undefined
    const full = withUid(kill, row.pod?.uid)
    return { row: { ...row, kill: full }, kill: full, pod: row.pod }
  }
  const old = row.oldJobs.find((job) => job.epoch === kill.epoch)
  if (old && !old.kill) {
    const full = withUid(kill, old.pod?.uid)
    const oldJobs = row.oldJobs.map((job) => (job === old ? { ...old, kill: full } : job))
    return { row: { ...row, oldJobs }, kill: full, pod: old.pod }
  }
  // The same Job heals: refill finds the pod by its uid.
  const heals = row.state === 'recovering' && kill.epoch === row.epoch - 1 && !row.kill && !old
  if (!heals || row.leftPodUid === undefined) return undefined
  const full = withUid(kill, row.leftPodUid)
  return { row: { ...row, kill: full }, kill: full, pod: undefined }
}

function withUid(kill: Kill, podUid: string | undefined): Kill {
  return podUid === undefined ? kill : { ...kill, podUid }
}

/** @throws ApiError too_soon. */
function checkCooldown(services: Services, row: SessionRow, nowMs: number): void {
  const waitMs = (row.lastKillAtMs ?? 0) + services.limits.killCooldownMs - nowMs
  if (waitMs > 0) throw new ApiError('too_soon', { retryAfterMs: waitMs })
}

/** Deletes the pod a kill is meant for, and notes when the cluster says it died. Refill does the same for a kill left undone. */
export async function killPod(
  services: Services,
  row: SessionRow,
  { epoch, how }: Kill,
  pod: Pick<Pod, 'name' | 'uid'>,
): Promise<SessionRow> {
  const { graceMs, frozenGraceMs } = services.limits
  const cluster = await services.cluster()
  const died = await cluster.deletePod(pod.name, pod.uid, how === 'freeze' ? frozenGraceMs : graceMs)
  const isOpen = (kill: Kill | undefined): kill is Kill => kill?.epoch === epoch && !kill.done
  const closed = (kill: Kill): Kill => ({ ...kill, podUid: pod.uid, done: true, ...died })
  return updateSession(services, row, (now) => {
    if (isOpen(now.kill)) {
      const killed = { ...now, kill: closed(now.kill) }
      return now.pod ? killed : { ...killed, leftPodUid: pod.uid }
    }
    // The page hears of the death on its socket, and may have failed over before the API server had answered here.
    if (!now.oldJobs.some((old) => isOpen(old.kill))) return undefined
    const oldJobs = now.oldJobs.map((old) => (isOpen(old.kill) ? { ...old, kill: closed(old.kill) } : old))
    return { ...now, oldJobs }
  })
}
