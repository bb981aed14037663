import type { HowToDie, Pod } from '../api/contracts.ts'
import { ApiError } from '../api/errors.ts'
import type { Limits } from '../limits.ts'
import { isKilled, type Kill } from '../state/kill-state.ts'
import type { SessionRow } from '../state/session.ts'
import { remainingMs } from '../time.ts'

export interface KillRequest {
  /** The epoch whose pod is meant; the session's present epoch when it is not given. */
  readonly epoch?: number | undefined
  readonly how: HowToDie
}

/**
 * Records a kill on the session, or on the Job that the session has left since. Read it back with {@link killOf}.
 * @returns undefined when that epoch's pod has been killed already, or is gone.
 * @throws ApiError session_over, future_epoch, too_soon.
 */
export function requestKill(
  row: SessionRow,
  { epoch = row.epoch, how }: KillRequest,
  nowMs: number,
  limits: Limits,
): SessionRow | undefined {
  if (row.state === 'ended') throw new ApiError('session_over')
  if (epoch > row.epoch)
    throw new ApiError('future_epoch', {
      field: 'epoch',
      expected: `${row.epoch} at most`,
      received: `${epoch}`,
    })
  const killed = withKill(row, { epoch, how, atMs: nowMs })
  if (!killed) return undefined
  const waitMs = remainingMs((row.lastKillAtMs ?? 0) + limits.killCooldownMs, nowMs, limits.killCooldownMs)
  if (waitMs > 0) throw new ApiError('too_soon', { retryAfterMs: waitMs })
  return { ...killed, lastKillAtMs: nowMs, seenAtMs: nowMs }
}

type NewKill = Pick<Kill, 'epoch' | 'how' | 'atMs'>

function withKill(row: SessionRow, given: NewKill): SessionRow | undefined {
  if (given.epoch === row.epoch)
    return isKilled(row) ? undefined : { ...row, kill: newKill(given, row.pod?.uid) }
  const left = row.previousJobs.find(({ epoch }) => epoch === given.epoch)
  if (left?.kill) return undefined
  if (left) {
    const killed = { ...left, kill: newKill(given, left.pod?.uid) }
    return { ...row, previousJobs: row.previousJobs.map((job) => (job === left ? killed : job)) }
  }
  // The session's own Job heals. The pod that it left is known by its UID, and refill deletes it.
  const isHealing = row.state === 'recovering' && given.epoch === row.epoch - 1 && !row.kill
  if (!isHealing || row.previousPodUid === undefined) return undefined
  return { ...row, kill: newKill(given, row.previousPodUid) }
}

function newKill(given: NewKill, podUid: string | undefined): Kill {
  return podUid === undefined ? { ...given, state: 'requested' } : { ...given, state: 'sent', podUid }
}

/** Name and UID of an epoch's pod; undefined while it starts, or when the session knows it by its UID alone. */
export function podOf(row: SessionRow, epoch: number): Pick<Pod, 'name' | 'uid'> | undefined {
  return epoch === row.epoch ? row.pod : row.previousJobs.find((previous) => previous.epoch === epoch)?.pod
}

/**
 * Records that the API server has accepted the delete of a killed pod. The kill may meanwhile stand on a Job that the
 * session has left: the page fails over as soon as its socket closes.
 * @param died the pod and, when the cluster reported it, its time of death (ms since 1970, by the cluster's clock).
 * @returns undefined when no open kill of that epoch is recorded.
 */
export function completeKill(
  row: SessionRow,
  epoch: number,
  died: { readonly podUid: string; readonly diedAtMs?: number },
): SessionRow | undefined {
  const isOpen = (kill: Kill | undefined): kill is Kill => kill?.epoch === epoch && kill.state !== 'done'
  const done = ({ atMs, how }: Kill): Kill => ({ state: 'done', epoch, how, atMs, ...died })
  if (isOpen(row.kill)) {
    const killed = { ...row, kill: done(row.kill) }
    return row.pod ? killed : { ...killed, previousPodUid: died.podUid }
  }
  if (!row.previousJobs.some(({ kill }) => isOpen(kill))) return undefined
  const previousJobs = row.previousJobs.map((previous) =>
    isOpen(previous.kill) ? { ...previous, kill: done(previous.kill) } : previous,
  )
  return { ...row, previousJobs }
}
