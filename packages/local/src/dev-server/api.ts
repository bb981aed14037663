import { randomUUID } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { PayloadTooLarge, readBody } from '../http/read-body.ts'
import { type LambdaFunction, runFunction } from '../lambda/function.ts'
import { eventOf } from './event.ts'
import { type Answer, answerOf, gatewayAnswer, writeAnswer } from './lambda-result.ts'

/** https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-quotas.html */
const PAYLOAD_BYTES = 10 * 1_024 * 1_024
const HEADER_BYTES = 10_240
export const INTEGRATION_TIMEOUT_MS = 30_000

export interface ApiOptions {
  readonly api: LambdaFunction
  /** What visitors' paths begin with and the API's do not, such as `/api`. */
  readonly prefix: string
  /** Called with what a handler threw: callers only learn that something went wrong. */
  readonly onError: (requestId: string, error: string) => void
  /** API Gateway's own 30 s, unless a test shortens them. */
  readonly integrationTimeoutMs?: number
}

/** Serves one request the way an HTTP API in front of a Lambda does. */
export function createApi(
  options: ApiOptions,
): (request: IncomingMessage, response: ServerResponse) => Promise<void> {
  return async function api(request, response) {
    const requestId = randomUUID()
    response.setHeader('apigw-requestid', requestId)
    try {
      writeAnswer(response, await answerTo(request, requestId, options))
    } catch (error) {
      if (!(error instanceof PayloadTooLarge)) throw error
      // The rest of the body is still on its way: read past it, so that the caller gets to see the answer.
      response.setHeader('connection', 'close')
      request.resume()
      writeAnswer(response, gatewayAnswer(413, 'Request Entity Too Large'))
    }
  }
}

async function answerTo(request: IncomingMessage, requestId: string, options: ApiOptions): Promise<Answer> {
  if (headerBytes(request) > HEADER_BYTES) return gatewayAnswer(431, 'Request Header Fields Too Large')
  const body = await readBody(request, PAYLOAD_BYTES)
  const { api, onError, prefix, integrationTimeoutMs = INTEGRATION_TIMEOUT_MS } = options
  const target = (request.url ?? '').slice(prefix.length)
  let event: unknown
  try {
    event = eventOf(request, { target, body, requestId, nowMs: Date.now() })
  } catch (error) {
    if (error instanceof URIError) return gatewayAnswer(400, 'Bad Request')
    throw error
  }
  const timeoutMs = Math.min(api.timeoutMs, integrationTimeoutMs)
  const outcome = await runFunction({ ...api, timeoutMs }, event, requestId)
  if (outcome.ok) {
    const answer = answerOf(outcome.value)
    if (!answer) onError(requestId, 'The handler returned something that is no answer.')
    return answer ?? gatewayAnswer(500, 'Internal Server Error')
  }
  onError(requestId, [outcome.error.errorMessage, ...outcome.error.trace].join('\n'))
  return outcome.why === 'timed out' && timeoutMs === integrationTimeoutMs
    ? gatewayAnswer(503, 'Service Unavailable')
    : gatewayAnswer(500, 'Internal Server Error')
}

function headerBytes(request: IncomingMessage): number {
  const line = `${request.method} ${request.url} HTTP/${request.httpVersion}`
  return request.rawHeaders.reduce((total, text) => total + text.length, line.length)
}
