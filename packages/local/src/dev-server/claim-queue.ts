import { OPERATIONS } from '@warm-pods/core/api/operations.ts'
import { type ApiHandler, apiHandler } from '@warm-pods/functions/api/handler.ts'
import { limitConcurrency } from '@warm-pods/functions/lib/limit-concurrency.ts'
import type { Services } from '@warm-pods/functions/services.ts'

/** Claims that one process works on at a time. */
export const CLAIMS_AT_ONCE = 4

type Result = Awaited<ReturnType<ApiHandler>>

/**
 * Returns the API's handler with a FIFO queue in front of `POST /session`. A Lambda works on one request at a time; the
 * dev server works on all of them in one process. Started together, 20 claims would all finish late. With the queue the
 * first callers get the warm pods.
 *
 * A claim leaves the queue when it is answered or when it first asks for the Kubernetes client, whichever is earlier.
 * No claim waits for the Job of another.
 */
export function queueClaims(services: Services): ApiHandler {
  const handle = apiHandler(services)
  const inTurn = limitConcurrency(CLAIMS_AT_ONCE)
  return async (event) => {
    const { method } = event.requestContext.http
    if (method !== OPERATIONS.claim.method || event.rawPath !== OPERATIONS.claim.path) return handle(event)
    const { promise: result, resolve, reject } = Promise.withResolvers<Result>()
    await inTurn(async () => {
      const askedForKubernetes = Promise.withResolvers<void>()
      const handleClaim = apiHandler({
        ...services,
        cluster() {
          askedForKubernetes.resolve()
          return services.cluster()
        },
      })
      handleClaim(event).then(resolve, reject)
      await Promise.race([result, askedForKubernetes.promise])
    })
    return result
  }
}
