/** Parses an API Gateway event (payload format 2.0) into the typed request of an operation. Errors name the field. */
import { ApiError } from '@warm-pods/core/api/errors.ts'
import { type Body, OPERATIONS, type Operation, type Query } from '@warm-pods/core/api/operations.ts'
import type { OperationName, ROUTES } from '@warm-pods/core/api/routes.ts'
import { isSecret, isSessionId, sessionIdOf } from '@warm-pods/core/identity/secret.ts'
import type { APIGatewayProxyEventV2 } from 'aws-lambda'
import * as v from 'valibot'

/** The request that a handler gets. */
export interface ApiRequest<Name extends OperationName> {
  /** The id that belongs to the caller's secret; undefined for operations without authentication. */
  readonly sessionId: (typeof ROUTES)[Name]['auth'] extends 'visitor' ? string : undefined
  /** The caller's IP address. */
  readonly address: string
  /** API Gateway's id of the request. */
  readonly requestId: string
  readonly body: Body<(typeof OPERATIONS)[Name]>
  readonly query: Query<(typeof OPERATIONS)[Name]>
}

/**
 * Authenticates and parses a request, in this order: secret, id, query, body.
 * @param id the path's `{id}`, undefined when the path has none.
 * @throws ApiError bad_secret, bad_id, no_session, bad_query, body_too_large, bad_type, bad_body.
 */
export async function parseRequest<Name extends OperationName>(
  event: APIGatewayProxyEventV2,
  name: Name,
  id: string | undefined,
  maxBodyBytes: number,
): Promise<ApiRequest<Name>> {
  const operation: (typeof OPERATIONS)[Name] = OPERATIONS[name]
  const sessionId = operation.auth === 'visitor' ? await callerOf(event) : undefined
  if (id !== undefined) checkId(id, sessionId)
  return {
    // The table's `auth` decides the type, and the line above has followed it.
    sessionId: sessionId as ApiRequest<Name>['sessionId'],
    address: event.requestContext.http.sourceIp,
    requestId: event.requestContext.requestId,
    query: queryOf(event, operation),
    body: bodyOf(event, operation, maxBodyBytes),
  }
}

/**
 * Returns the id of the session that belongs to the caller's secret (RFC 6750 section 2.1).
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
 * Checks that the path names the caller's own session. Another visitor's session is answered like a missing one.
 * @throws ApiError bad_id, no_session.
 */
export function checkId(id: string, sessionId: string | undefined): void {
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
 * Returns the body, parsed by the operation's schema.
 * @throws ApiError body_too_large, bad_type, bad_body.
 */
export function bodyOf<Op extends Operation>(
  event: APIGatewayProxyEventV2,
  operation: Op,
  maxBytes: number,
): Body<Op> {
  const text = bodyTextOf(event, maxBytes)
  const bytes = Buffer.byteLength(text)
  const { body: schema } = operation
  if (schema === undefined) {
    if (bytes > 0)
      throw new ApiError('bad_body', { field: 'body', expected: 'no body', received: `${bytes} bytes` })
    return undefined as Body<Op>
  }
  if (bytes === 0 && operation.bodyOptional) return parsed(schema, {}, 'bad_body', 'body') as Body<Op>
  if (bytes === 0)
    throw new ApiError('bad_body', { field: 'body', expected: 'a JSON object', received: 'nothing' })
  checkType(event)
  return parsed(schema, fromJson(text), 'bad_body', 'body') as Body<Op>
}

/**
 * Returns the query, parsed by the operation's schema.
 * @throws ApiError bad_query.
 */
export function queryOf<Op extends Operation>(event: APIGatewayProxyEventV2, operation: Op): Query<Op> {
  const query = fieldsOf(event.rawQueryString, 'bad_query')
  const { query: schema } = operation
  const output = parsed(schema ?? v.strictObject({}), query, 'bad_query', 'query')
  return (schema ? output : undefined) as Query<Op>
}

/**
 * Returns the fields of a query or a form. A repeated field is refused: the caller may have meant either value, and these
 * fields kill pods.
 * @throws ApiError with this code.
 */
export function fieldsOf(text: string, code: 'bad_query' | 'bad_body'): Record<string, string> {
  const entries = [...new URLSearchParams(text)]
  const repeated = entries.find(([name], i) => entries.findIndex(([other]) => other === name) < i)
  if (!repeated) return Object.fromEntries(entries)
  throw new ApiError(code, { field: shorten(repeated[0]), expected: 'once', received: 'more than once' })
}

/** Returns the text of the body, empty when there is none. @throws ApiError body_too_large. */
export function bodyTextOf({ body = '', isBase64Encoded }: APIGatewayProxyEventV2, maxBytes: number): string {
  const text = isBase64Encoded ? Buffer.from(body, 'base64').toString('utf8') : body
  const bytes = Buffer.byteLength(text)
  if (bytes <= maxBytes) return text
  throw new ApiError('body_too_large', {
    field: 'body',
    expected: `at most ${maxBytes} bytes`,
    received: `${bytes} bytes`,
  })
}

/** Returns the media type of the body in lower case, without parameters; undefined without a header. */
export function typeOf({ headers }: APIGatewayProxyEventV2): string | undefined {
  return headers['content-type']?.split(';')[0]?.trim().toLowerCase()
}

function checkType(event: APIGatewayProxyEventV2): void {
  if (typeOf(event) === 'application/json') return
  throw new ApiError('bad_type', {
    field: 'content-type',
    expected: 'application/json',
    received: shorten(event.headers['content-type'] ?? 'nothing'),
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

/** Returns at most 40 characters, enough to recognise a mistake; printable ASCII only, so that it cannot forge a log line. */
export function shorten(text: string): string {
  const printable = text.replaceAll(/[^\x20-\x7e]/g, '?')
  return printable.length > 40 ? `${printable.slice(0, 40)}…` : printable
}
