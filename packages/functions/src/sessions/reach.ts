import type { Reach } from '@warm-pods/core/api/contracts.ts'
import { ApiError } from '@warm-pods/core/api/errors.ts'
import { toIsoTime } from '@warm-pods/core/time.ts'
import type { Services } from '../services.ts'
import { getSession } from './update-session.ts'

/** Milliseconds after which a page may ask again for a pod that a waiting session does not have yet. */
const WAITING_RETRY_MS = 1_000

/**
 * Checks the way to the session's pod by a handshake through the gateway, or by one of the last second. It writes nothing, so
 * it is no sign of the page for the session's unused time. Errors of DynamoDB pass through.
 * @throws ApiError no_session, session_over; future_epoch while the session waits for its pod; unavailable when the gateway's
 *   answer says nothing about the pod.
 */
export async function reach(services: Services, sessionId: string): Promise<Reach> {
  const { epoch, pod, state } = await getSession(services, sessionId)
  if (state === 'ended') throw new ApiError('session_over')
  if (state !== 'live' || !pod)
    throw new ApiError('future_epoch', {
      message: 'This session still waits for its pod.',
      retryAfterMs: WAITING_RETRY_MS,
    })
  if (!services.gateway)
    throw new ApiError('unavailable', {
      message: 'This API cannot check pods, because it does not know the gateway’s address.',
    })
  const result = await services.gateway.recent(pod.ip)
  if (result.reach === 'limited')
    throw new ApiError('unavailable', { message: `The gateway ${result.problem}.` })
  return { epoch, reach: result.reach, checkedAt: toIsoTime(result.atMs) }
}
