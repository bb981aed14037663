// What the handlers of all verbs share.

import type { LogSource } from '../kubelet/pod-logs.ts'
import type { Resource } from '../registry/resources.ts'
import type { Store } from '../store.ts'
import type { Exchange } from './exchange.ts'
import { chooseForm, type Form } from './representation.ts'
import { methodNotAllowed } from './status.ts'

export type Api = { store: Store; logs: LogSource }

/** The form in which the client wants its answer. */
export function formOf({ request, query }: Exchange): Form {
  return chooseForm(request.headers.accept, query.get('includeObject'))
}

/** Throws 405 when the resource does not have the verb. */
export function need(resource: Resource, verb: string): void {
  if (!resource.verbs.includes(verb)) throw methodNotAllowed()
}
