import { randomUUID } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { PayloadTooLarge, readBody } from '../http/read-body.ts'
import { type LambdaFunction, runFunction } from '../lambda/function.ts'
import { eventOf } from './event.ts'
import { type ApiGatewayResponse, gatewayError, responseOf, writeResponse } from './lambda-result.ts'

/** https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-quotas.html */
const PAYLOAD_BYTES = 10 * 1_024 * 1_024
const HEADER_BYTES = 10_240
export const INTEGRATION_TIMEOUT_MS = 30_000

export interface ApiOptions {
  readonly api: LambdaFunction
  /** The prefix that is removed from paths before the function sees them, such as `/api`. */
  readonly prefix: string
  /** Called with the error of a handler. The caller only gets a 500 or 503. */
  readonly onError: (requestId: string, error: string) => void
  /** Milliseconds. Default 30,000, the limit of API Gateway; tests shorten it. */
  readonly integrationTimeoutMs?: number
}

/** Returns a request handler that behaves like an HTTP API of API Gateway in front of a Lambda function. */
export function createApi(
  options: ApiOptions,
): (request: IncomingMessage, response: ServerResponse) => Promise<void> {
  return async function api(request, response) {
    const requestId = randomUUID()
    response.setHeader('apigw-requestid', requestId)
    try {
      writeResponse(response, await respond(request, requestId, options))
    } catch (error) {
      if (!(error instanceof PayloadTooLarge)) throw error
      // Read the rest of the body, so that the caller can receive the response.
      response.setHeader('connection', 'close')
      request.resume()
      writeResponse(response, gatewayError(413, 'Request Entity Too Large'))
    }
  }
}

async function respond(
  request: IncomingMessage,
  requestId: string,
  options: ApiOptions,
): Promise<ApiGatewayResponse> {
  if (headerBytes(request) > HEADER_BYTES) return gatewayError(431, 'Request Header Fields Too Large')
  const body = await readBody(request, PAYLOAD_BYTES)
  const { api, onError, prefix, integrationTimeoutMs = INTEGRATION_TIMEOUT_MS } = options
  const target = (request.url ?? '').slice(prefix.length)
  let event: unknown
  try {
    event = eventOf(request, { target, body, requestId, nowMs: Date.now() })
  } catch (error) {
    if (error instanceof URIError) return gatewayError(400, 'Bad Request')
    throw error
  }
  const timeoutMs = Math.min(api.timeoutMs, integrationTimeoutMs)
  const outcome = await runFunction({ ...api, timeoutMs }, event, requestId)
  if (outcome.ok) {
    const response = responseOf(outcome.value)
    if (!response) onError(requestId, 'The handler returned a malformed response.')
    return response ?? gatewayError(500, 'Internal Server Error')
  }
  onError(requestId, [outcome.error.errorMessage, ...outcome.error.trace].join('\n'))
  return outcome.why === 'timed out' && timeoutMs === integrationTimeoutMs
    ? gatewayError(503, 'Service Unavailable')
    : gatewayError(500, 'Internal Server Error')
}

function headerBytes(request: IncomingMessage): number {
  const line = `${request.method} ${request.url} HTTP/${request.httpVersion}`
  return request.rawHeaders.reduce((total, text) => total + text.length, line.length)
}
