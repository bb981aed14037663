/**
 * The operations of the API in one table. The router, the handlers' types, the OpenAPI document and the page's client come
 * from it. Method, path and authentication are in `routes.ts`.
 */
import type { GenericSchema, InferInput, InferOutput } from 'valibot'
import { OPEN_METRICS_TYPE } from '../metric-family.ts'
import * as contracts from './contracts.ts'
import type { ApiErrorCode } from './errors.ts'
import { type OperationName, ROUTES, type Route } from './routes.ts'

export type { OperationName } from './routes.ts'

export interface Operation extends Route {
  readonly summary: string
  /** Schema of the JSON body; an operation without one refuses any body. */
  readonly body?: GenericSchema
  /** An empty body counts as `{}`. */
  readonly bodyOptional?: boolean
  /** Schema of the query; an operation without one refuses any query. */
  readonly query?: GenericSchema
  /** HTTP status of success to the schema of its JSON body; null for no body. */
  readonly responses: Readonly<Record<number, GenericSchema | null>>
  /** The errors of this operation alone. {@link errorsOf} adds the errors of its parts. */
  readonly errors: readonly ApiErrorCode[]
  /** Media type of a success whose body is a text. Without one the body is JSON. */
  readonly mediaType?: string
}

export const OPERATIONS = {
  claim: {
    ...ROUTES.claim,
    summary: 'Claim a pod. The same secret always gets the same session.',
    body: contracts.ClaimBodySchema,
    bodyOptional: true,
    responses: { 201: contracts.SessionSchema, 202: contracts.SessionSchema },
    errors: ['too_many_claims', 'too_many_sessions', 'contention', 'capacity', 'session_over'],
  },
  read: {
    ...ROUTES.read,
    summary: 'The session, with the progress of a pod that is still starting.',
    responses: { 200: contracts.SessionSchema },
    errors: [],
  },
  extend: {
    ...ROUTES.extend,
    summary: 'Renew the lease, up to the lifetime.',
    body: contracts.ClaimBodySchema,
    bodyOptional: true,
    responses: { 200: contracts.SessionSchema },
    errors: ['session_over', 'lease_at_limit'],
  },
  connected: {
    ...ROUTES.connected,
    summary: 'The page reports its first pong, for the audit.',
    body: contracts.ConnectedBodySchema,
    responses: { 204: null },
    errors: ['old_epoch', 'future_epoch', 'session_over'],
  },
  recover: {
    ...ROUTES.recover,
    summary: 'Replace the pod of an epoch by a warm one, or let its Job heal. Repeating it changes nothing.',
    body: contracts.RecoverBodySchema,
    responses: { 201: contracts.SessionSchema, 202: contracts.SessionSchema },
    errors: ['old_epoch', 'future_epoch', 'session_over', 'too_many_recoveries', 'contention'],
  },
  reach: {
    ...ROUTES.reach,
    summary:
      'Check the way to the session’s pod: the API sends the gateway a WebSocket handshake for the pod, without a token.',
    responses: { 200: contracts.ReachSchema },
    errors: ['session_over', 'future_epoch', 'unavailable'],
  },
  kill: {
    ...ROUTES.kill,
    summary:
      'Kill the pod of an epoch. The page requests a crash or a freeze over the socket; this call records it and cleans up.',
    query: contracts.KillQuerySchema,
    responses: { 202: contracts.SessionSchema },
    errors: ['session_over', 'too_soon', 'future_epoch'],
  },
  release: {
    ...ROUTES.release,
    summary: 'Give the pod back.',
    responses: { 204: null },
    errors: [],
  },
  pool: {
    ...ROUTES.pool,
    summary: 'The pool.',
    responses: { 200: contracts.PoolSchema },
    errors: ['unavailable'],
  },
  health: {
    ...ROUTES.health,
    summary: 'Each dependency with its state and latency.',
    responses: { 200: contracts.HealthSchema, 503: contracts.HealthSchema },
    errors: [],
  },
  metrics: {
    ...ROUTES.metrics,
    summary: 'The metrics of the pool for Prometheus. docs/metrics.md in the repository lists them.',
    responses: { 200: contracts.MetricsSchema },
    errors: ['unavailable'],
    mediaType: OPEN_METRICS_TYPE,
  },
  openapi: {
    ...ROUTES.openapi,
    summary: 'This document.',
    responses: { 200: contracts.OpenApiSchema },
    errors: [],
  },
} as const satisfies { readonly [Name in OperationName]: Operation & (typeof ROUTES)[Name] }

type Operations = typeof OPERATIONS

/** The body that a handler gets: parsed, with defaults; undefined for an operation without a body. */
export type Body<Op> = Op extends { readonly body: infer S extends GenericSchema }
  ? InferOutput<S>
  : undefined
/** The query that a handler gets: parsed, with defaults; undefined for an operation without a query. */
export type Query<Op> = Op extends { readonly query: infer S extends GenericSchema }
  ? InferOutput<S>
  : undefined

/** The request of a client: `id` if the path has one, `body` and `query` if the operation has a schema. */
export type RequestOf<Name extends OperationName> = (Operations[Name]['path'] extends `${string}{id}${string}`
  ? { readonly id: string }
  : unknown) &
  (Operations[Name] extends { readonly body: infer S extends GenericSchema }
    ? { readonly body: InferInput<S> }
    : unknown) &
  (Operations[Name] extends { readonly query: infer S extends GenericSchema }
    ? { readonly query: InferInput<S> }
    : unknown)

type ResponsesOf<Name extends OperationName> = Operations[Name]['responses']

/** The response of a handler: one of the operation's statuses with the body of that status. */
export type ResponseOf<Name extends OperationName> = {
  [Status in keyof ResponsesOf<Name> & number]: ResponsesOf<Name>[Status] extends infer S extends
    GenericSchema
    ? { readonly status: Status; readonly body: InferOutput<S> }
    : { readonly status: Status }
}[keyof ResponsesOf<Name> & number]

/** The JSON body of an operation's success; null when it has none. */
export type ResultOf<Name extends OperationName> =
  ResponseOf<Name> extends { readonly body: infer Result } ? Result : null

/** Returns every error that an operation may answer: its own, and the errors of authentication, path and body. */
export function errorsOf({ auth, path, body, errors }: Operation): ApiErrorCode[] {
  const withAuth: readonly ApiErrorCode[] =
    auth === 'visitor' ? ['bad_secret', 'foreign_origin', 'unavailable'] : []
  const withId: readonly ApiErrorCode[] = path.includes('{id}') ? ['bad_id', 'no_session'] : []
  const withBody: readonly ApiErrorCode[] = body ? ['bad_type'] : []
  const always: readonly ApiErrorCode[] = ['bad_query', 'bad_body', 'body_too_large', 'asleep', 'internal']
  return [...new Set([...errors, ...withAuth, ...withId, ...withBody, ...always])]
}
