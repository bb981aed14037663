import { randomBytes } from 'node:crypto'
import type { ErrorBody, Session } from '@warm-pods/core/api/contracts.ts'
import { sessionIdOf } from '@warm-pods/core/identity/secret.ts'

export interface Caller {
  /** The session id of this caller's secret. It replaces `:id` in paths. */
  readonly id: string
  call(
    method: string,
    path: string,
    body?: unknown,
  ): Promise<{ status: number; headers: Headers; body: Session & ErrorBody }>
}

/** Creates a client with a new secret that calls the API over HTTP, as the page does. */
export async function newCaller(site: string): Promise<Caller> {
  const secret = randomBytes(32).toString('base64url')
  const id = await sessionIdOf(secret)
  return {
    id,
    async call(method, path, body) {
      const response = await fetch(`${site}/api${path.replace(':id', id)}`, {
        method,
        headers: {
          authorization: `Bearer ${secret}`,
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      })
      const text = await response.text()
      return {
        status: response.status,
        headers: response.headers,
        body: text === '' ? undefined : JSON.parse(text),
      }
    },
  }
}
