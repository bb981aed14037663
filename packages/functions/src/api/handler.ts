/** The HTTP API, over API Gateway's events (payload format 2.0). lambda.ts is the entry of its Lambda. */

import { ApiError } from '@warm-pods/core/api/errors.ts'
import { OPERATIONS, type Operation } from '@warm-pods/core/api/operations.ts'
import type { OperationName } from '@warm-pods/core/api/routes.ts'
import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2 } from 'aws-lambda'
import { failureOf } from '../kubernetes/errors.ts'
import { logInternalError, logRequest } from '../lib/log.ts'
import type { Services } from '../services.ts'
import { expandForm } from './form.ts'
import { HANDLERS } from './handlers.ts'
import { parseRequest } from './request.ts'
import { errorResponse, type HttpResponse, PREFLIGHT, toResult } from './response.ts'
import { matchRoute } from './routes.ts'

export type ApiHandler = (event: APIGatewayProxyEventV2) => Promise<APIGatewayProxyStructuredResultV2>

/** Returns the API's handler over these services. It never throws: every failure becomes a response. */
export function apiHandler(services: Services): ApiHandler {
  return async (event) => {
    const startedMs = services.monotonic()
    const { requestId, http } = event.requestContext
    let operation: OperationName | 'preflight' | 'unknown' = 'unknown'
    let response: HttpResponse
    let code: string | undefined
    try {
      if (http.method === 'OPTIONS') {
        operation = 'preflight'
        response = PREFLIGHT
      } else {
        const request = expandForm(event, services.config.siteOrigin, services.limits.bodyBytes)
        const { name, id } = matchRoute(request.requestContext.http.method, request.rawPath)
        operation = name
        response = await respond(services, request, name, id)
      }
    } catch (error) {
      if (!(error instanceof ApiError)) logInternalError(operation, requestId, error)
      const apiError = toApiError(error)
      code = apiError.code
      response = errorResponse(apiError, requestId)
    }
    const ms = Math.round((services.monotonic() - startedMs) * 10) / 10
    logRequest({ operation, status: response.status, ms, requestId, code })
    return toResult(response, event.headers.origin, services.config.siteOrigin)
  }
}

/** An ApiError stays. A failure of AWS or Kubernetes becomes `unavailable` in the service's own words, a bug `internal`. */
function toApiError(error: unknown): ApiError {
  if (error instanceof ApiError) return error
  const failure = failureOf(error)
  if (failure) return new ApiError('unavailable', { message: failure.problem }, { cause: error })
  return new ApiError('internal', {}, { cause: error })
}

async function respond<Name extends OperationName>(
  services: Services,
  event: APIGatewayProxyEventV2,
  name: Name,
  id: string | undefined,
): Promise<HttpResponse> {
  const operation: Operation = OPERATIONS[name]
  const response = await HANDLERS[name](
    services,
    await parseRequest(event, name, id, services.limits.bodyBytes),
  )
  return { ...response, ...(operation.mediaType ? { mediaType: operation.mediaType } : {}) }
}
