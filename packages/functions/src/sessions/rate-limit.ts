import { ApiError } from '@warm-pods/core/api/errors.ts'
import type { Services } from '../services.ts'
import type { Usage } from '../store/rate-limits.ts'

/**
 * Refuses a claim whose address has reached a limit, and takes its session off the address's live sessions. Errors of
 * DynamoDB pass through.
 * @throws ApiError too_many_claims, too_many_sessions.
 */
export async function checkClaimLimits(services: Services, usage: Usage, sessionId: string): Promise<void> {
  const error = claimError(services, usage)
  if (!error) return
  await services.rateLimits.removeSession(usage.visitor, sessionId)
  throw error
}

function claimError({ limits }: Services, { claims, live, nextEndsInMs }: Usage): ApiError | undefined {
  const { claimsPerAddress, liveSessionsPerAddress, rateWindowMs } = limits
  if (claims > claimsPerAddress)
    return new ApiError('too_many_claims', { retryAfterMs: untilOneFits(rateWindowMs, claimsPerAddress) })
  if (live > liveSessionsPerAddress)
    return new ApiError('too_many_sessions', nextEndsInMs === undefined ? {} : { retryAfterMs: nextEndsInMs })
  return undefined
}

/**
 * Refuses a recovery whose address has reached the limit of recoveries. Claims do not count here: a visitor may replace
 * their pod however many sessions their network claims.
 * @throws ApiError too_many_recoveries.
 */
export function checkRecoveryLimit({ limits }: Services, { recoveries }: Usage): void {
  const { recoveriesPerAddress, rateWindowMs } = limits
  if (recoveries <= recoveriesPerAddress) return
  throw new ApiError('too_many_recoveries', {
    retryAfterMs: untilOneFits(rateWindowMs, recoveriesPerAddress),
  })
}

/** Milliseconds until the sliding window has room for one more request: one request's share of the window. */
function untilOneFits(windowMs: number, requests: number): number {
  return Math.ceil(windowMs / requests)
}
