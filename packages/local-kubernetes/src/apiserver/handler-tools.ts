/** Helpers for the handlers of all verbs. */

import type { GroupKind, Resource } from '../apimachinery/resources.ts'
import { methodNotAllowed, notAcceptable, unsupportedMediaType } from '../apimachinery/status.ts'
import { BODY_TYPES, type Draft, decodeObject } from '../registry/decode.ts'
import type { Store } from '../store.ts'
import { contentType, type Exchange, readBody } from './exchange.ts'
import type { LogSource } from './pod-logs.ts'
import { chooseForm, type Form } from './representation.ts'

/** The services of all handlers. */
export interface Api {
  store: Store
  logs: LogSource
}

/**
 * Returns the form in which the client wants the response.
 * @throws StatusError 406 when the client does not accept JSON.
 */
export function formOf({ request, query }: Exchange): Form {
  const form = chooseForm(request.headers.accept, query.get('includeObject'))
  if (!form) throw notAcceptable('application/json')
  return form
}

/**
 * Reads and decodes the body of a create or an update.
 * @throws StatusError 415 for another media type, 400 for a body that is not an object of this kind.
 */
export async function decodeBody(exchange: Exchange, expected: GroupKind): Promise<Draft> {
  const type = contentType(exchange)
  if (!BODY_TYPES.includes(type))
    throw unsupportedMediaType(
      `the body of the request was in an unknown format - accepted media types include: ${BODY_TYPES.join(', ')}`,
    )
  const { query, warn } = exchange
  const body = await readBody(exchange)
  return decodeObject(expected, type, body, query.get('fieldValidation') ?? 'Warn', warn)
}

/** @throws StatusError 405 when the resource does not have the verb. */
export function need(resource: Resource, verb: string): void {
  if (!resource.verbs.includes(verb)) throw methodNotAllowed()
}
