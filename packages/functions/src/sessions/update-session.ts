import { ApiError } from '@warm-pods/core/api/errors.ts'
import type { SessionRow } from '@warm-pods/core/state/state.ts'
import type { Services } from '../services.ts'

/** Refill and the page write the same rows; a few tries are plenty, since each loser re-reads what the winner wrote. */
const TRIES = 5

/**
 * The caller's session. Another visitor's id never gets here: an id is the hash of the secret that was sent.
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

/**
 * Changes a session by compare-and-set on its version, from what is there at that moment.
 * @param change pure; undefined when there is nothing (any more) to change.
 * @returns the row as it stands afterwards.
 * @throws ApiError no_session, unavailable.
 */
export async function updateSession(
  services: Pick<Services, 'sessions'>,
  seen: SessionRow,
  change: (now: SessionRow) => SessionRow | undefined,
): Promise<SessionRow> {
  let row = seen
  for (let attempt = 0; attempt < TRIES; attempt++) {
    const next = change(row)
    if (next === undefined) return row
    const written = await services.sessions.update(row, next)
    if (written) return written
    row = await getSession(services, seen.sessionId)
  }
  throw new ApiError('unavailable')
}
