import type { Receipt } from '../api/contracts.ts'
import { ApiError } from '../api/errors.ts'
import type { SessionRow } from '../state/session.ts'
import type { WarmSlot } from '../state/slot.ts'
import { toPreviousJob } from './previous-jobs.ts'

/**
 * True when an earlier request has already replaced the pod of this epoch, so the answer is the session as it stands.
 * @param epoch the epoch whose pod the page has lost.
 * @throws ApiError session_over, old_epoch, future_epoch.
 */
export function isRepeatedRecovery(row: SessionRow, epoch: number): boolean {
  if (row.state === 'ended') throw new ApiError('session_over')
  if (epoch === row.epoch - 1) return true
  const detail = { field: 'epoch', expected: String(row.epoch), received: String(epoch) }
  if (epoch < row.epoch) throw new ApiError('old_epoch', detail)
  if (epoch > row.epoch) throw new ApiError('future_epoch', detail)
  return false
}

/** The Job that the session moves on to: a warm slot's, with its pod, or a new one. `requestId`: the API's request for it. */
export type NextJob = (
  | Pick<WarmSlot, 'job' | 'key' | 'pod'>
  | { job: string; key: string; pod?: undefined }
) & {
  readonly requestId?: string
}

/**
 * Moves the session on to another Job, under the next epoch.
 * @param epoch the epoch to replace.
 * @returns undefined when another request has replaced that epoch.
 * @throws ApiError session_over. Refill then retires a slot that was claimed for the session.
 */
export function failOver(
  row: SessionRow,
  epoch: number,
  { job, key, pod, requestId }: NextJob,
  receipt: Receipt,
  nowMs: number,
): SessionRow | undefined {
  if (hasPassed(row, epoch)) return undefined
  const { requestId: _requestId, ...next } = nextEpoch(row, nowMs)
  return {
    ...next,
    ...(requestId === undefined ? {} : { requestId }),
    ...(pod ? { state: 'live', source: 'rescued', pod } : { state: 'starting', source: 'cold' }),
    job,
    key,
    previousJobs: [...row.previousJobs, toPreviousJob(row)],
    receipt,
  }
}

/**
 * Keeps the session on its Job, under the next epoch. The Job controller makes the replacement pod.
 * @param epoch the epoch to replace.
 * @returns undefined when another request has replaced that epoch.
 * @throws ApiError session_over.
 */
export function heal(row: SessionRow, epoch: number, nowMs: number): SessionRow | undefined {
  if (hasPassed(row, epoch)) return undefined
  return { ...nextEpoch(row, nowMs), state: 'recovering', ...ownKill(row), ...podLeft(row) }
}

/**
 * Puts the session back on the Job that it had before a fail-over, because the quota refused the new Job. Quota may
 * have freed up meanwhile: if refill has activated the new Job, the session keeps it. If refill has created the new Job
 * but not activated it, the session records it as a previous Job, so that it is deleted.
 * @param failedOver the session as the fail-over wrote it.
 * @param before the session before the fail-over.
 * @returns undefined when the session has moved on.
 * @throws ApiError session_over.
 */
export function healInstead(
  row: SessionRow,
  failedOver: SessionRow,
  before: SessionRow,
): SessionRow | undefined {
  if (hasPassed(row, failedOver.epoch)) return undefined
  if (row.job !== failedOver.job || row.state !== 'starting') return undefined
  const others = row.previousJobs.filter(({ job }) => job !== before.job)
  const { requestId: _requestId, ...rest } = row
  return {
    ...rest,
    ...(before.requestId === undefined ? {} : { requestId: before.requestId }),
    state: 'recovering',
    source: before.source,
    job: before.job,
    key: before.key,
    ...ownKill(before),
    ...podLeft(before),
    previousJobs: [...others, toPreviousJob(row)],
    receipt: { ...row.receipt, outcome: 'capacity' },
  }
}

/** @throws ApiError session_over. */
function hasPassed(row: SessionRow, epoch: number): boolean {
  if (row.state === 'ended') throw new ApiError('session_over')
  return row.epoch !== epoch
}

/** The session one epoch later, with no pod yet and without the kill of the epoch before. */
function nextEpoch(row: SessionRow, nowMs: number): SessionRow {
  const { previousPodUid: _previousPodUid, kill: _kill, pod: _pod, ...rest } = row
  return { ...rest, epoch: row.epoch + 1, epochAtMs: nowMs, replacedAtMs: nowMs, seenAtMs: nowMs }
}

/** The kill that ended the session's present epoch, if any. */
function ownKill({ kill, epoch }: SessionRow): Pick<SessionRow, 'kill'> {
  return kill?.epoch === epoch ? { kill } : {}
}

function podLeft({ pod, previousPodUid }: SessionRow): Pick<SessionRow, 'previousPodUid'> {
  const uid = pod?.uid ?? previousPodUid
  return uid === undefined ? {} : { previousPodUid: uid }
}
