/** Helpers for the handlers of all verbs. */

import type { Resource } from '../apimachinery/resources.ts'
import { methodNotAllowed } from '../apimachinery/status.ts'
import type { Store } from '../store.ts'
import type { Exchange } from './exchange.ts'
import type { LogSource } from './pod-logs.ts'
import { chooseForm, type Form } from './representation.ts'

/** The services of all handlers. */
export interface Api {
  store: Store
  logs: LogSource
}

/** Returns the form in which the client wants the response. */
export function formOf({ request, query }: Exchange): Form {
  return chooseForm(request.headers.accept, query.get('includeObject'))
}

/** @throws StatusError 405 when the resource does not have the verb. */
export function need(resource: Resource, verb: string): void {
  if (!resource.verbs.includes(verb)) throw methodNotAllowed()
}
