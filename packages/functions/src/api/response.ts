import type { ErrorBody } from '@warm-pods/core/api/contracts.ts'
import type { ApiError } from '@warm-pods/core/api/errors.ts'
import type { APIGatewayProxyStructuredResultV2 } from 'aws-lambda'

export interface HttpResponse {
  readonly status: number
  /** Sent as JSON, unless {@link mediaType} is set; undefined sends no body. */
  readonly body?: unknown
  /** The type of a body that is a text already. */
  readonly mediaType?: string
  readonly headers?: Readonly<Record<string, string>>
}

/** Returns the response for an error. Its cause stays out: it may hold keys. */
export function errorResponse(error: ApiError, requestId: string): HttpResponse {
  const { field, expected, received } = error.detail
  const { retryAfterMs } = error
  const body: ErrorBody = {
    error: {
      code: error.code,
      message: error.message,
      requestId,
      ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
      ...(field === undefined ? {} : { field }),
      ...(expected === undefined ? {} : { expected }),
      ...(received === undefined ? {} : { received }),
    },
  }
  return { status: error.status, body, headers: headersOf(error) }
}

/** Headers that RFC 9110 requires with a status: 10.2.3 (whole seconds, rounded up), 11.6.1 and 15.5.6. */
function headersOf({ status, retryAfterMs, detail }: ApiError): Readonly<Record<string, string>> {
  return {
    ...(retryAfterMs === undefined ? {} : { 'retry-after': String(Math.ceil(retryAfterMs / 1000)) }),
    ...(status === 401 ? { 'www-authenticate': 'Bearer' } : {}),
    ...(status === 405 && detail.expected ? { allow: detail.expected } : {}),
  }
}

/**
 * Returns the result for API Gateway. CORS (WHATWG Fetch section 3.2) admits the site's origin only: without the header, the
 * browser of any other origin hides the response from the page.
 */
export function toResult(
  response: HttpResponse,
  origin: string | undefined,
  siteOrigin: string,
): APIGatewayProxyStructuredResultV2 {
  const allowed = origin === siteOrigin
  return {
    statusCode: response.status,
    headers: {
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
      vary: 'origin',
      ...(response.body === undefined
        ? {}
        : { 'content-type': response.mediaType ?? 'application/json; charset=utf-8' }),
      ...(allowed
        ? { 'access-control-allow-origin': siteOrigin, 'access-control-expose-headers': 'date, retry-after' }
        : {}),
      ...response.headers,
    },
    ...(response.body === undefined
      ? {}
      : { body: response.mediaType ? String(response.body) : JSON.stringify(response.body) }),
  }
}

/** The response to a CORS preflight. */
export const PREFLIGHT: HttpResponse = {
  status: 204,
  headers: {
    'access-control-allow-methods': 'GET, POST, DELETE',
    'access-control-allow-headers': 'authorization, content-type',
    'access-control-max-age': '7200',
  },
}
