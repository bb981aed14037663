/**
 * A request as a form with the secret in its body (RFC 6750 section 2.2). A browser sends a form to another origin without a
 * CORS preflight (WHATWG Fetch section 4.8). That saves a distant visitor one round trip for each URL.
 */
import { type OperationName, ROUTES, type Route } from './routes.ts'

/** All forms are a POST of this path, whichever operation they stand for. */
export const FORM_PATH = ROUTES.claim.path
export const FORM_TYPE = 'application/x-www-form-urlencoded'

/** An operation that needs the visitor's secret. The others are plain GET requests, which need no preflight. */
export type FormOperation = {
  [Name in OperationName]: (typeof ROUTES)[Name]['auth'] extends 'visitor' ? Name : never
}[OperationName]

/** The fields of a form. A query's fields stand beside them. */
export interface Form {
  readonly operation: FormOperation
  readonly secret: string
  /** The session's id, if the path of the operation has one. */
  readonly id?: string | undefined
  /** Sent as JSON in the field `body`. */
  readonly body?: unknown
  readonly query?: Readonly<Record<string, string>> | undefined
}

/** Returns the fields of a form, for `fetch`, which adds their content type. */
export function toForm({ operation, secret, id, body, query }: Form): URLSearchParams {
  return new URLSearchParams({
    ...query,
    access_token: secret,
    operation,
    ...(id === undefined ? {} : { id }),
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  })
}

/** Returns method and path of the request that a form stands for. The id is percent-encoded. */
export function routeOfForm({
  operation,
  id = '',
}: Pick<Form, 'operation' | 'id'>): Pick<Route, 'method' | 'path'> {
  const { method, path } = ROUTES[operation]
  return { method, path: path.replace('{id}', encodeURIComponent(id)) }
}

/** Narrows the text of a form's field `operation`. */
export function isFormOperation(text: string): text is FormOperation {
  return Object.hasOwn(ROUTES, text) && ROUTES[text as OperationName].auth === 'visitor'
}
