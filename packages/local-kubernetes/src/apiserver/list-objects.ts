/**
 * Lists, whole or in pages. A page continues after a name and carries the version of the first page. It contains the
 * current objects, because this store keeps no old versions. A token from before the history began gives 410.
 */

import { isObject } from '../apimachinery/json.ts'
import { badRequest, StatusError } from '../apimachinery/status.ts'
import type { Store } from '../store.ts'
import type { Kinds, ResourceName } from '../types.ts'
import type { ListOptions } from './list-options.ts'

export interface Page<R extends ResourceName> {
  items: Kinds[R][]
  metadata: { resourceVersion: string; continue?: string; remainingItemCount?: number }
}
interface Token {
  v: 'meta.k8s.io/v1'
  rv: number
  start: string
}

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

/** @throws StatusError 504 when the client knows a later version than this server. The client should retry. */
function checkNotTooNew(store: Store, resourceVersion: string): void {
  if (Number(resourceVersion) <= store.version()) return
  const message = `Timeout: Too large resource version: ${resourceVersion}, current: ${store.version()}`
  throw new StatusError(504, 'Timeout', message, {
    causes: [{ reason: 'ResourceVersionTooLarge', message: 'Too large resource version' }],
    retryAfterSeconds: 1,
  })
}

/**
 * Returns one page of the matching objects.
 * @throws StatusError 400 for an invalid token, 410 for an old token, 504 for a version that does not exist yet.
 */
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
    // With a selector the real server omits the count: it would have to read all objects.
    if (!options.selective) metadata.remainingItemCount = rest.length - items.length
  }
  return { items, metadata }
}
