import type { HowToDie, Pod } from '@warm-pods/core/contracts.ts'
import { Fault } from '@warm-pods/core/faults.ts'
import { isKilled, type Kill, type SessionRow } from '@warm-pods/core/pool.ts'
import { changeSession, owned } from './own-session.ts'
import type { Services } from './services.ts'

/**
 * Kills the visitor's pod. The row says so first, the cluster is asked second; asked again for the same epoch nothing
 * more happens. A crash has been asked for on the visitor's own socket: nothing is deleted here, and refill deletes the
 * pod only if it runs on all the same. Asked for while the pod is still starting it is honoured as soon as there is one.
 * @throws Fault no_session, session_over, too_soon.
 */
export async function kill(services: Services, sessionId: string, how: HowToDie): Promise<SessionRow> {
  const seen = await owned(services, sessionId)
  const nowMs = services.now()
  let isFirst = false
  const row = await changeSession(services, seen, (now) => {
    isFirst = shouldKill(services, now, nowMs)
    if (!isFirst) return undefined
    const mark = { epoch: now.epoch, how, atMs: nowMs, done: false }
    return {
      ...now,
      kill: { ...mark, ...(now.pod ? { podUid: now.pod.uid } : {}) },
      lastKillAtMs: nowMs,
      seenAtMs: nowMs,
    }
  })
  if (!isFirst) return row
  await Promise.all([
    services.sessions.record(sessionId, 'killed', nowMs, {
      how,
      epoch: row.epoch,
      ...(row.pod ? { pod: row.pod.name } : {}),
    }),
    services.stats.count('kills', nowMs),
  ])
  if (row.pod && how !== 'crash') return killPod(services, row, row.pod)
  if (!row.pod) await services.wakeRefill()
  return row
}

/** @throws Fault session_over, too_soon. @returns false when this epoch's pod has been killed already. */
function shouldKill(services: Services, row: SessionRow, nowMs: number): boolean {
  if (row.state === 'ended') throw new Fault('session_over')
  if (isKilled(row)) return false
  const waitMs = (row.lastKillAtMs ?? 0) + services.limits.killCooldownMs - nowMs
  if (waitMs > 0) throw new Fault('too_soon', { retryAfterMs: waitMs })
  return true
}

/** Deletes the pod a kill is meant for, and notes when the cluster says it died. Refill does the same for a kill left undone. */
export async function killPod(
  services: Services,
  row: SessionRow,
  pod: Pick<Pod, 'name' | 'uid'>,
): Promise<SessionRow> {
  const { kill: mark } = row
  if (!mark) return row
  const { graceMs, frozenGraceMs } = services.limits
  const cluster = await services.cluster()
  const died = await cluster.deletePod(pod.name, pod.uid, mark.how === 'freeze' ? frozenGraceMs : graceMs)
  const isOpen = (kill: Kill | undefined): kill is Kill => kill?.epoch === mark.epoch && !kill.done
  const closed = (kill: Kill): Kill => ({ ...kill, podUid: pod.uid, done: true, ...died })
  return changeSession(services, row, (now) => {
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
