/** The HTTP API: one Lambda behind API Gateway's `$default` route (payload format 2.0). */

import { ApiError } from '@warm-pods/core/api/errors.ts'
import { OPERATIONS, type Operation, type OperationName } from '@warm-pods/core/api/operations.ts'
import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2 } from 'aws-lambda'
import { isOutage } from '../kubernetes/outage.ts'
import { logAsLambda, logInternalError, logRequest } from '../lib/log.ts'
import { makeServices, type Services } from '../services.ts'
import { HANDLERS } from './handlers.ts'
import { bodyOf, callerOf, checkId, queryOf } from './request.ts'
import { type Answer, faultAnswer, PREFLIGHT, toResult } from './response.ts'
import { route } from './routes.ts'

export type ApiHandler = (event: APIGatewayProxyEventV2) => Promise<APIGatewayProxyStructuredResultV2>

/** The handler over given services: the Lambda's own, a test's, the simulation's. */
export function apiHandler(services: Services): ApiHandler {
  return async (event) => {
    const startedMs = services.monotonic()
    const { requestId, http } = event.requestContext
    let name: OperationName | 'preflight' | 'unknown' = 'unknown'
    let answer: Answer
    let code: string | undefined
    try {
      if (http.method === 'OPTIONS') {
        name = 'preflight'
        answer = PREFLIGHT
      } else {
        const { name: found, id } = route(http.method, event.rawPath)
        name = found
        answer = await answerTo(services, event, found, id)
      }
    } catch (error) {
      if (!(error instanceof ApiError)) logInternalError(name, requestId, error)
      const fault = faultOf(error)
      code = fault.code
      answer = faultAnswer(fault, requestId)
    }
    const ms = Math.round((services.monotonic() - startedMs) * 10) / 10
    logRequest({ operation: name, status: answer.status, ms, requestId, code })
    return toResult(answer, event.headers.origin, services.config.siteOrigin)
  }
}

/** Whatever was thrown, as what the caller is told: a ApiError speaks for itself, an outage says so, the rest is `internal`. */
function faultOf(error: unknown): ApiError {
  if (error instanceof ApiError) return error
  return new ApiError(isOutage(error) ? 'unavailable' : 'internal', {}, { cause: error })
}

async function answerTo(
  services: Services,
  event: APIGatewayProxyEventV2,
  name: OperationName,
  id: string | undefined,
): Promise<Answer> {
  const operation: Operation = OPERATIONS[name]
  const isPrivate = operation.path.startsWith('/session')
  const sessionId = isPrivate ? await callerOf(event) : ''
  if (id !== undefined) checkId(id, sessionId)
  const query = queryOf(event, operation)
  const body = bodyOf(event, operation, services.limits.bodyBytes)
  return HANDLERS[name](services, { sessionId, address: event.requestContext.http.sourceIp, body, query })
}

let handle: ApiHandler | undefined

function start(): ApiHandler {
  const services = makeServices(process.env)
  logAsLambda(services.config.metricsNamespace)
  return apiHandler(services)
}

/** The Lambda's entry. @throws Error at the first call when the environment lacks something; it is named. */
export function handler(event: APIGatewayProxyEventV2): Promise<APIGatewayProxyStructuredResultV2> {
  handle ??= start()
  return handle(event)
}
