import { ApiError } from '../api/errors.ts'
import type { Limits } from '../limits.ts'
import type { SessionRow } from '../state/session.ts'

/**
 * Extends the session's lease to `leaseMs` from now, but never beyond its lifetime.
 * @throws ApiError session_over, lease_at_limit.
 */
export function extendSession(row: SessionRow, nowMs: number, limits: Limits): SessionRow {
  if (row.state === 'ended') throw new ApiError('session_over')
  if (row.leaseEndsAtMs >= row.endsAtMs) throw new ApiError('lease_at_limit')
  const leaseEndsAtMs = Math.min(nowMs + limits.leaseMs, row.endsAtMs)
  return { ...row, leaseEndsAtMs, seenAtMs: nowMs }
}
