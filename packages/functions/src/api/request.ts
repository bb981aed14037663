/** Reads an API Gateway v2 event into what a call takes; whatever is wrong with it is said by field. */
import { ApiError } from '@warm-pods/core/api/errors.ts'
import type { Operation } from '@warm-pods/core/api/operations.ts'
import { isSecret, isSessionId, sessionIdOf } from '@warm-pods/core/identity/secret.ts'
import type { APIGatewayProxyEventV2 } from 'aws-lambda'
import * as v from 'valibot'

/**
 * The id of the session that belongs to the caller's secret (RFC 6750 section 2.1).
 * @throws ApiError bad_secret.
 */
export async function callerOf(event: APIGatewayProxyEventV2): Promise<string> {
  const header = event.headers.authorization
  const secret = /^Bearer (.*)$/i.exec(header ?? '')?.[1]
  const expected = '"Bearer " and 43 characters of base64url'
  if (header === undefined)
    throw new ApiError('bad_secret', { field: 'authorization', expected, received: 'nothing' })
  if (secret === undefined)
    throw new ApiError('bad_secret', { field: 'authorization', expected, received: 'another scheme' })
  if (!isSecret(secret)) {
    const received = secret.length === 43 ? 'characters outside base64url' : `${secret.length} characters`
    throw new ApiError('bad_secret', { field: 'authorization', expected, received })
  }
  return sessionIdOf(secret)
}

/**
 * Another's session answers as none does.
 * @throws ApiError bad_id, no_session.
 */
export function checkId(id: string, sessionId: string): void {
  if (!isSessionId(id)) {
    throw new ApiError('bad_id', {
      field: 'id',
      expected: '32 characters of 0-9 and a-f',
      received: shorten(id),
    })
  }
  if (id !== sessionId) throw new ApiError('no_session')
}

/**
 * The body, as the operation's schema reads it.
 * @throws ApiError body_too_large, bad_type, bad_body.
 */
export function bodyOf(event: APIGatewayProxyEventV2, operation: Operation, maxBytes: number): unknown {
  const text = event.isBase64Encoded
    ? Buffer.from(event.body ?? '', 'base64').toString('utf8')
    : (event.body ?? '')
  const bytes = Buffer.byteLength(text)
  if (bytes > maxBytes) {
    throw new ApiError('body_too_large', {
      field: 'body',
      expected: `at most ${maxBytes} bytes`,
      received: `${bytes} bytes`,
    })
  }
  const { body: schema } = operation
  if (schema === undefined) {
    if (bytes > 0)
      throw new ApiError('bad_body', { field: 'body', expected: 'no body', received: `${bytes} bytes` })
    return undefined
  }
  if (bytes === 0 && operation.bodyOptional) return {}
  if (bytes === 0)
    throw new ApiError('bad_body', { field: 'body', expected: 'a JSON object', received: 'nothing' })
  checkType(event.headers['content-type'])
  return parsed(schema, fromJson(text), 'bad_body', 'body')
}

/** @throws ApiError bad_query. */
export function queryOf(event: APIGatewayProxyEventV2, operation: Operation): unknown {
  const entries = [...new URLSearchParams(event.rawQueryString)]
  // Two answers to one question: taking either could kill in a way that was not meant.
  const repeated = entries.find(([name], i) => entries.findIndex(([other]) => other === name) < i)
  if (repeated) {
    const field = shorten(repeated[0])
    throw new ApiError('bad_query', { field, expected: 'once', received: 'more than once' })
  }
  const query = Object.fromEntries(entries)
  return parsed(operation.query ?? v.strictObject({}), query, 'bad_query', 'query')
}

function checkType(type: string | undefined): void {
  const essence = type?.split(';')[0]?.trim().toLowerCase()
  if (essence === 'application/json') return
  throw new ApiError('bad_type', {
    field: 'content-type',
    expected: 'application/json',
    received: shorten(type ?? 'nothing'),
  })
}

function fromJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw new ApiError('bad_body', {
      field: 'body',
      expected: 'a JSON object',
      received: 'text that is not JSON',
    })
  }
}

function parsed(
  schema: v.GenericSchema,
  input: unknown,
  code: 'bad_body' | 'bad_query',
  whole: string,
): unknown {
  if (Array.isArray(input))
    throw new ApiError(code, { field: whole, expected: 'a JSON object', received: 'an array' })
  const result = v.safeParse(schema, input)
  if (result.success) return result.output
  const [issue] = result.issues
  throw new ApiError(code, {
    field: shorten(v.getDotPath(issue) ?? whole),
    expected: issue.expected === 'never' ? 'no such field' : (issue.expected ?? issue.message),
    received: shorten(issue.received),
  })
}

/** Enough to recognise one's own mistake; printable ASCII only, so that it cannot forge a log line. */
function shorten(text: string): string {
  const printable = text.replaceAll(/[^\x20-\x7e]/g, '?')
  return printable.length > 40 ? `${printable.slice(0, 40)}…` : printable
}
