/**
 * Method, path and authentication of every operation. This table is plain data: the page imports it before its first
 * paint, where the schemas of `operations.ts` would be too large.
 */
export interface Route {
  readonly method: 'GET' | 'POST' | 'DELETE'
  /** `{id}` stands for a session id, percent-encoded. */
  readonly path: string
  /** `visitor`: the request needs `Authorization: Bearer <secret>`, and `{id}` must be the session of that secret. */
  readonly auth: 'visitor' | 'none'
}

export const ROUTES = {
  claim: { method: 'POST', path: '/session', auth: 'visitor' },
  read: { method: 'GET', path: '/session/{id}', auth: 'visitor' },
  extend: { method: 'POST', path: '/session/{id}/extend', auth: 'visitor' },
  connected: { method: 'POST', path: '/session/{id}/connected', auth: 'visitor' },
  recover: { method: 'POST', path: '/session/{id}/recover', auth: 'visitor' },
  reach: { method: 'GET', path: '/session/{id}/pod', auth: 'visitor' },
  kill: { method: 'DELETE', path: '/session/{id}/pod', auth: 'visitor' },
  release: { method: 'DELETE', path: '/session/{id}', auth: 'visitor' },
  pool: { method: 'GET', path: '/pool', auth: 'none' },
  health: { method: 'GET', path: '/health', auth: 'none' },
  metrics: { method: 'GET', path: '/metrics', auth: 'none' },
  openapi: { method: 'GET', path: '/openapi.json', auth: 'none' },
} as const satisfies Record<string, Route>

export type OperationName = keyof typeof ROUTES
