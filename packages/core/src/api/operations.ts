/** The calls of the API, in one table: the router, the OpenAPI document and the page's client all read it. */
import type { GenericSchema } from 'valibot'
import * as contracts from './contracts.ts'
import type { ApiErrorCode } from './errors.ts'

export const OPERATIONS = {
  claim: {
    method: 'POST',
    path: '/session',
    summary: 'Claim a pod. The same secret always gets the same session.',
    body: contracts.ClaimBodySchema,
    bodyOptional: true,
    answers: { 201: contracts.SessionSchema, 202: contracts.SessionSchema },
    faults: ['bad_body', 'too_many_claims', 'too_many_sessions', 'contention', 'capacity', 'session_over'],
  },
  read: {
    method: 'GET',
    path: '/session/{id}',
    summary: 'The session, with the true progress of a pod that is still starting.',
    answers: { 200: contracts.SessionSchema },
    faults: ['no_session'],
  },
  extend: {
    method: 'POST',
    path: '/session/{id}/extend',
    summary: 'Renew the lease, up to the lifetime.',
    body: contracts.ClaimBodySchema,
    bodyOptional: true,
    answers: { 200: contracts.SessionSchema },
    faults: ['no_session', 'session_over', 'lease_at_limit'],
  },
  connected: {
    method: 'POST',
    path: '/session/{id}/connected',
    summary: 'The page reports its first pong, for the audit.',
    body: contracts.ConnectedBodySchema,
    answers: { 204: null },
    faults: ['no_session', 'bad_body', 'old_epoch', 'future_epoch', 'session_over'],
  },
  recover: {
    method: 'POST',
    path: '/session/{id}/recover',
    summary:
      'Replace the pod of an epoch: by a warm one, or by letting its Job heal. Repeating it changes nothing.',
    body: contracts.RecoverBodySchema,
    answers: { 201: contracts.SessionSchema, 202: contracts.SessionSchema },
    faults: [
      'no_session',
      'bad_body',
      'old_epoch',
      'future_epoch',
      'session_over',
      'too_many_recoveries',
      'contention',
      'capacity',
    ],
  },
  kill: {
    method: 'DELETE',
    path: '/session/{id}/pod',
    summary:
      'Kill the pod of an epoch. A crash or a freeze is asked for on the socket; this call records it and clears up.',
    query: contracts.KillQuerySchema,
    answers: { 202: contracts.SessionSchema },
    faults: ['no_session', 'bad_query', 'session_over', 'too_soon', 'future_epoch'],
  },
  release: {
    method: 'DELETE',
    path: '/session/{id}',
    summary: 'Give the pod back.',
    answers: { 204: null },
    faults: ['no_session'],
  },
  pool: {
    method: 'GET',
    path: '/pool',
    summary: 'The pool, for everyone.',
    answers: { 200: contracts.PoolSchema },
    faults: [],
  },
  health: {
    method: 'GET',
    path: '/health',
    summary: 'Each dependency with its state and latency.',
    answers: { 200: contracts.HealthSchema, 503: contracts.HealthSchema },
    faults: [],
  },
  openapi: {
    method: 'GET',
    path: '/openapi.json',
    summary: 'This document.',
    answers: { 200: null },
    faults: [],
  },
} as const satisfies Record<string, Operation>

export type OperationName = keyof typeof OPERATIONS

export interface Operation {
  readonly method: 'GET' | 'POST' | 'DELETE'
  /** A template; `{id}` is a session id. Every path with it needs the visitor's secret, and so does POST /session. */
  readonly path: string
  readonly summary: string
  readonly body?: GenericSchema
  readonly bodyOptional?: boolean
  readonly query?: GenericSchema
  /** Status to the schema of its body; null for none (or for one that has no schema of ours). */
  readonly answers: Readonly<Record<number, GenericSchema | null>>
  readonly faults: readonly ApiErrorCode[]
}

/** Every fault that an operation may answer: its own, and those that come with whatever it reads. */
export function errorsOf({ path, body, faults }: Operation): ApiErrorCode[] {
  const own: readonly ApiErrorCode[] = path.startsWith('/session') ? ['bad_secret', 'unavailable'] : []
  const withId: readonly ApiErrorCode[] = path.includes('{id}') ? ['bad_id', 'no_session'] : []
  const withBody: readonly ApiErrorCode[] = body ? ['bad_type'] : []
  const all: readonly ApiErrorCode[] = ['bad_query', 'bad_body', 'body_too_large', 'asleep', 'internal']
  return [...new Set([...faults, ...own, ...withId, ...withBody, ...all])]
}
