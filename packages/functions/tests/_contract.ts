import { ErrorSchema } from '@warm-pods/core/api/contracts.ts'
import { API_ERRORS, ApiError, type ApiErrorCode } from '@warm-pods/core/api/errors.ts'
import { errorsOf, OPERATIONS, type Operation } from '@warm-pods/core/api/operations.ts'
import * as v from 'valibot'
import { expect } from 'vitest'
import { matchRoute } from '../src/api/routes.ts'
import type { RawRequest } from './_event.ts'

export interface Reply<T> {
  readonly status: number
  readonly body: T
  readonly headers: Record<string, unknown>
}

/**
 * Checks a response against the contract. A success has a listed status and exactly the body of its schema. An error is
 * listed for the operation, with its status and a matching Retry-After.
 */
export function checkContract(request: RawRequest, reply: Reply<unknown>): void {
  if (request.method === 'OPTIONS') return
  const operation = operationOf(request)
  const schema = operation?.responses[reply.status]
  if (schema) expect(v.parse(schema, reply.body)).toEqual(reply.body)
  else if (schema === undefined) checkError(request, reply, operation)
}

function operationOf({ method, path }: RawRequest): Operation | undefined {
  try {
    return OPERATIONS[matchRoute(method, path).name]
  } catch (error) {
    if (error instanceof ApiError) return undefined
    throw error
  }
}

function checkError(request: RawRequest, reply: Reply<unknown>, operation: Operation | undefined): void {
  const { error } = v.parse(ErrorSchema, reply.body)
  expect({ error }).toEqual(reply.body)
  const listed: ApiErrorCode[] = operation ? errorsOf(operation) : ['no_such_path', 'no_such_method']
  expect(listed, `${request.method} ${request.path}`).toContain(error.code)
  expect(reply.status).toBe(API_ERRORS[error.code as ApiErrorCode].status)
  expect(error.requestId).toBe('test-request')
  const seconds = error.retryAfterMs === undefined ? undefined : String(Math.ceil(error.retryAfterMs / 1_000))
  expect(reply.headers['retry-after']).toBe(seconds)
}
