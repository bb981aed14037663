import { ApiError } from '@warm-pods/core/api/errors.ts'
import type { SessionRow } from '@warm-pods/core/state/session.ts'
import type { Services } from '../services.ts'

/** Refill and the page write the same rows. A writer that loses re-reads the winner's row, so a few tries suffice. */
const TRIES = 5

/**
 * The caller's session, strongly consistent. The id is the hash of the caller's secret, so it is never another visitor's.
 * Errors of DynamoDB pass through.
 * @throws ApiError no_session.
 */
export async function getSession(
  services: Pick<Services, 'sessions'>,
  sessionId: string,
): Promise<SessionRow> {
  const row = await services.sessions.get(sessionId)
  if (!row) throw new ApiError('no_session')
  return row
}

/** A session after {@link updateSession}. */
export interface Updated {
  /** The row as it stands. */
  readonly row: SessionRow
  /** True when this call wrote it. */
  readonly changed: boolean
}

/**
 * Applies a transition by compare-and-set on the session's version. When another write came first, it re-reads the row
 * and applies the transition again. Errors of DynamoDB pass through.
 * @param seen the row as the caller read it.
 * @param transition pure; undefined when there is nothing to change. Its ApiErrors pass through.
 * @throws ApiError no_session; unavailable after {@link TRIES} lost races.
 */
export async function updateSession(
  services: Pick<Services, 'sessions'>,
  seen: SessionRow,
  transition: (row: SessionRow) => SessionRow | undefined,
): Promise<Updated> {
  let row = seen
  for (let attempt = 0; attempt < TRIES; attempt++) {
    const next = transition(row)
    if (next === undefined) return { row, changed: false }
    const written = await services.sessions.update(row, next)
    if (written) return { row: written, changed: true }
    row = await getSession(services, seen.sessionId)
  }
  throw new ApiError('unavailable')
}
