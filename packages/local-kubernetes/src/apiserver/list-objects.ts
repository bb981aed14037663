// Lists, whole or in pages. A page continues after a name at the version of the first page; it is read from what is
// true now, because this store keeps no old versions of objects. A token from before the history began answers 410.

import type { Store } from '../store.ts'
import type { Kinds, ResourceName } from '../types.ts'
import type { ListOptions } from './list-options.ts'
import { isObject } from './patch.ts'
import { badRequest, StatusError } from './status.ts'

export type Page<R extends ResourceName> = {
  items: Kinds[R][]
  metadata: { resourceVersion: string; continue?: string; remainingItemCount?: number }
}
type Token = { v: 'meta.k8s.io/v1'; rv: number; start: string }

const keyOf = ({ metadata }: { metadata: { namespace?: string; name: string } }): string =>
  `${metadata.namespace ?? ''}/${metadata.name}`

function readToken(text: string): Token {
  const bad = (why: string) => badRequest(`invalid continue token: continue key is not valid: ${why}`)
  let token: unknown
  try {
    token = JSON.parse(Buffer.from(text, 'base64url').toString('utf8'))
  } catch (error) {
    throw bad(error instanceof Error ? error.message : 'no token of this server')
  }
  if (!isObject(token) || typeof token.rv !== 'number' || typeof token.start !== 'string')
    throw bad('no token of this server')
  return { v: 'meta.k8s.io/v1', rv: token.rv, start: token.start }
}

/** Throws 504 when a client has seen a later version than this server, and should ask again. */
function checkNotTooNew(store: Store, resourceVersion: string): void {
  if (Number(resourceVersion) <= store.version()) return
  const message = `Timeout: Too large resource version: ${resourceVersion}, current: ${store.version()}`
  throw new StatusError(504, 'Timeout', message, {
    causes: [{ reason: 'ResourceVersionTooLarge', message: 'Too large resource version' }],
    retryAfterSeconds: 1,
  })
}

/** One page of what matches. Throws 400 on a token that is none, 410 on one too old, 504 on a version to come. */
export function listObjects<R extends ResourceName>(
  store: Store,
  resource: R,
  namespace: string | undefined,
  options: ListOptions,
): Page<R> {
  checkNotTooNew(store, options.resourceVersion)
  const token = options.continueToken ? readToken(options.continueToken) : undefined
  if (token) store.changesSince(token.rv)
  const version = token?.rv ?? store.version()
  const all = store.list(resource, namespace).filter(options.matches)
  const rest = token ? all.filter((object) => keyOf(object) > token.start) : all
  const items = options.limit > 0 ? rest.slice(0, options.limit) : rest
  const last = items.at(-1)
  const metadata: Page<R>['metadata'] = { resourceVersion: String(version) }
  if (last && items.length < rest.length) {
    const next: Token = { v: 'meta.k8s.io/v1', rv: version, start: keyOf(last) }
    metadata.continue = Buffer.from(JSON.stringify(next)).toString('base64url')
    // With a selector the real server would have to read everything to know, and so does not say.
    if (!options.selective) metadata.remainingItemCount = rest.length - items.length
  }
  return { items, metadata }
}
