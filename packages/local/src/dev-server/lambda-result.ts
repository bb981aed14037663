import type { ServerResponse } from 'node:http'

/** The response to the caller, made by the function or by API Gateway. */
export interface ApiGatewayResponse {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly cookies: readonly string[]
  readonly body: Buffer
}

/** @returns an error response of API Gateway itself, whose body is always `{"message": …}`. */
export function gatewayError(status: number, message: string): ApiGatewayResponse {
  return {
    status,
    headers: { 'content-type': 'application/json' },
    cookies: [],
    body: Buffer.from(JSON.stringify({ message })),
  }
}

/**
 * Interprets a handler's result as an HTTP API does (payload format 2.0). An object with a `statusCode` is a response. Any
 * other value becomes the JSON body of a 200. https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html
 * @returns undefined when the result is malformed, for which API Gateway responds with 500.
 */
export function responseOf(result: unknown): ApiGatewayResponse | undefined {
  if (!isRecord(result) || !('statusCode' in result)) return inferred(result)
  const status = Number(result.statusCode)
  if (!Number.isInteger(status) || status < 200 || status > 599) return undefined
  const { body, cookies } = result
  if (body !== undefined && body !== null && typeof body !== 'string') return undefined
  return {
    status,
    headers: headersOf(result.headers),
    cookies: Array.isArray(cookies) ? cookies.map(String) : [],
    body: Buffer.from(body ?? '', result.isBase64Encoded === true ? 'base64' : 'utf8'),
  }
}

/** Headers of the connection. A Lambda function cannot set them through API Gateway. */
const HOP_BY_HOP = new Set(['connection', 'keep-alive', 'transfer-encoding', 'upgrade', 'content-length'])

/** Writes the status, headers, cookies and body, without a body for HEAD, 204 and 304. */
export function writeResponse(
  response: ServerResponse,
  { status, headers, cookies, body }: ApiGatewayResponse,
): void {
  for (const [name, value] of Object.entries(headers)) {
    if (!HOP_BY_HOP.has(name.toLowerCase())) response.setHeader(name, value)
  }
  if (cookies.length > 0) response.setHeader('set-cookie', cookies)
  const empty = status === 204 || status === 304
  if (!empty) response.setHeader('content-length', body.length)
  response.writeHead(status)
  response.end(empty || response.req.method === 'HEAD' ? undefined : body)
}

function inferred(result: unknown): ApiGatewayResponse | undefined {
  const text = typeof result === 'string' ? result : JSON.stringify(result)
  if (text === undefined) return undefined
  return {
    status: 200,
    headers: { 'content-type': 'application/json' },
    cookies: [],
    body: Buffer.from(text),
  }
}

function headersOf(headers: unknown): Record<string, string> {
  if (!isRecord(headers)) return {}
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, String(value)]))
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
