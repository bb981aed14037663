import { ApiError } from '../api/errors.ts'
import type { SessionRow } from '../state/session.ts'

/**
 * Records the page's report of an epoch's first pong.
 * @returns undefined when the page has reported that epoch before.
 * @throws ApiError session_over, old_epoch, future_epoch.
 */
export function connectSession(row: SessionRow, epoch: number, nowMs: number): SessionRow | undefined {
  if (row.state === 'ended') throw new ApiError('session_over')
  if (epoch < row.epoch) throw new ApiError('old_epoch', { field: 'epoch' })
  if (epoch > row.epoch) throw new ApiError('future_epoch', { field: 'epoch' })
  if (row.connectedEpoch >= epoch) return undefined
  return { ...row, connectedEpoch: epoch, connectedAtMs: nowMs, seenAtMs: nowMs }
}

/** True when the session's pod was claimed warm to replace a pod that its visitor had killed. */
export function hasFailedOverAfterKill({ source, previousJobs, epoch }: SessionRow): boolean {
  return source === 'rescued' && previousJobs.some(({ kill, epoch: left }) => kill && left === epoch - 1)
}
