import { ApiError } from '@warm-pods/core/api/errors.ts'
import type { Services } from '../services.ts'
import type { Visit } from '../store/rate-limits.ts'

/**
 * Lets a claim in, or says which limit of its address it has reached.
 * @throws ApiError too_many_claims, too_many_sessions.
 */
export async function admitClaim(services: Services, visit: Visit, sessionId: string): Promise<void> {
  const { claimsPerAddress, liveSessionsPerAddress, rateWindowMs } = services.limits
  const fault =
    visit.claims > claimsPerAddress
      ? new ApiError('too_many_claims', { retryAfterMs: untilOneFits(rateWindowMs, claimsPerAddress) })
      : visit.live > liveSessionsPerAddress
        ? new ApiError(
            'too_many_sessions',
            visit.nextEndsInMs === undefined ? {} : { retryAfterMs: visit.nextEndsInMs },
          )
        : undefined
  if (!fault) return
  await services.visitors.leave(visit.visitor, sessionId)
  throw fault
}

/**
 * Lets a recovery in, or not. Only recoveries count here: whoever holds a session may replace its pod, however many
 * others their network claims.
 * @throws ApiError too_many_recoveries.
 */
export function admitRecovery(services: Services, visit: Visit): void {
  const { recoveriesPerAddress, rateWindowMs } = services.limits
  if (visit.recoveries <= recoveriesPerAddress) return
  throw new ApiError('too_many_recoveries', {
    retryAfterMs: untilOneFits(rateWindowMs, recoveriesPerAddress),
  })
}

/** The window slides, so one more fits after about its share per call. */
function untilOneFits(windowMs: number, calls: number): number {
  return Math.ceil(windowMs / calls)
}
