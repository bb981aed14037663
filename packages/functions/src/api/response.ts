import type { ErrorBody } from '@warm-pods/core/api/contracts.ts'
import type { ApiError } from '@warm-pods/core/api/errors.ts'
import type { APIGatewayProxyStructuredResultV2 } from 'aws-lambda'

export interface Answer {
  readonly status: number
  /** Serialised as JSON; undefined for none. */
  readonly body?: unknown
  readonly headers?: Readonly<Record<string, string>>
}

/** The answer that a fault becomes. */
export function faultAnswer(fault: ApiError, requestId: string): Answer {
  const { field, expected, received } = fault.detail
  const { retryAfterMs } = fault
  const body: ErrorBody = {
    error: {
      code: fault.code,
      message: fault.message,
      requestId,
      ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
      ...(field === undefined ? {} : { field }),
      ...(expected === undefined ? {} : { expected }),
      ...(received === undefined ? {} : { received }),
    },
  }
  return { status: fault.status, body, headers: headersOf(fault) }
}

/** What RFC 9110 wants beside a status: 10.2.3 (whole seconds, so round up), 11.6.1 and 15.5.6. */
function headersOf({ status, retryAfterMs, detail }: ApiError): Readonly<Record<string, string>> {
  return {
    ...(retryAfterMs === undefined ? {} : { 'retry-after': String(Math.ceil(retryAfterMs / 1000)) }),
    ...(status === 401 ? { 'www-authenticate': 'Bearer' } : {}),
    ...(status === 405 && detail.expected ? { allow: detail.expected } : {}),
  }
}

/** CORS (WHATWG Fetch section 3.2): the site's origin and no other; another gets no header and its browser refuses. */
export function toResult(
  answer: Answer,
  origin: string | undefined,
  siteOrigin: string,
): APIGatewayProxyStructuredResultV2 {
  const allowed = origin === siteOrigin
  return {
    statusCode: answer.status,
    headers: {
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
      vary: 'origin',
      ...(answer.body === undefined ? {} : { 'content-type': 'application/json; charset=utf-8' }),
      ...(allowed
        ? { 'access-control-allow-origin': siteOrigin, 'access-control-expose-headers': 'date, retry-after' }
        : {}),
      ...answer.headers,
    },
    ...(answer.body === undefined ? {} : { body: JSON.stringify(answer.body) }),
  }
}

/** The answer to a preflight (CORS-preflight fetch). */
export const PREFLIGHT: Answer = {
  status: 204,
  headers: {
    'access-control-allow-methods': 'GET, POST, DELETE',
    'access-control-allow-headers': 'authorization, content-type',
    'access-control-max-age': '7200',
  },
}
