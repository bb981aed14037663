import { randomBytes } from 'node:crypto'
import { event } from '../src/api/_event.ts'
import type { apiHandler } from '../src/api/handler.ts'

export interface RawRequest {
  readonly method: string
  readonly path: string
  readonly query?: string
  readonly headers?: Record<string, string>
  readonly body?: string
  readonly isBase64Encoded?: boolean
  readonly address?: string
}

export function randomAddress(): string {
  return [10, ...randomBytes(3)].join('.')
}

/** As API Gateway builds it (payload format 2.0). */
export function eventOf(request: RawRequest): Parameters<ReturnType<typeof apiHandler>>[0] {
  const { method, path, query = '', headers = {}, body, address = '192.0.2.1' } = request
  const { isBase64Encoded = false } = request
  const base = event({
    rawQueryString: query,
    headers,
    isBase64Encoded,
    ...(body === undefined ? {} : { body }),
  })
  const { requestContext } = base
  const http = { ...requestContext.http, method, path, sourceIp: address }
  return { ...base, rawPath: path, requestContext: { ...requestContext, http } }
}
