import { ErrorSchema } from '@warm-pods/core/api/contracts.ts'
import { API_ERRORS, ApiError, type ApiErrorCode } from '@warm-pods/core/api/errors.ts'
import { errorsOf, OPERATIONS, type Operation } from '@warm-pods/core/api/operations.ts'
import * as v from 'valibot'
import { expect } from 'vitest'
import { route } from '../src/api/routes.ts'
import type { RawRequest } from './_event.ts'
import type { Reply } from './_system.ts'

/**
 * Holds every answer of every test to what the API promises: a status that is listed for the call, a body of that
 * status's schema with nothing besides, an error of the table with its status and a Retry-After that agrees.
 */
export function checkContract(request: RawRequest, reply: Reply<unknown>): void {
  if (request.method === 'OPTIONS') return
  const operation = operationOf(request)
  const schema = operation?.answers[reply.status]
  if (schema) expect(v.parse(schema, reply.body)).toEqual(reply.body)
  else if (schema === undefined) checkFault(request, reply, operation)
}

function operationOf({ method, path }: RawRequest): Operation | undefined {
  try {
    return OPERATIONS[route(method, path).name]
  } catch (error) {
    if (error instanceof ApiError) return undefined
    throw error
  }
}

function checkFault(request: RawRequest, reply: Reply<unknown>, operation: Operation | undefined): void {
  const { error } = v.parse(ErrorSchema, reply.body)
  expect({ error }).toEqual(reply.body)
  const listed: ApiErrorCode[] = operation ? errorsOf(operation) : ['no_such_path', 'no_such_method']
  expect(listed, `${request.method} ${request.path}`).toContain(error.code)
  expect(reply.status).toBe(API_ERRORS[error.code as ApiErrorCode].status)
  expect(error.requestId).toBe('test-request')
  const seconds = error.retryAfterMs === undefined ? undefined : String(Math.ceil(error.retryAfterMs / 1_000))
  expect(reply.headers['retry-after']).toBe(seconds)
}
