import type { EndReason } from '../api/contracts.ts'
import type { SessionRow } from '../state/session.ts'

/**
 * Ends a session, and removes its key.
 * @param judged the session that refill judged to be over. A release by the visitor ends the session in any case; a
 * judgement of refill ends only the version that it judged.
 * @returns undefined when the session has ended already, or has changed since it was judged.
 */
export function endSession(
  row: SessionRow,
  judged: SessionRow,
  because: EndReason,
  nowMs: number,
): SessionRow | undefined {
  const holds = because === 'released' || row.version === judged.version
  if (row.state === 'ended' || !holds) return undefined
  return { ...row, state: 'ended', key: '', endReason: because, endedAtMs: nowMs }
}

/**
 * An ended session that has no Job left. Refill does not read it again. It has no key, also when a version that kept the
 * key ended it.
 */
export function finalize(row: SessionRow): SessionRow {
  return { ...row, key: '', finalized: true }
}
