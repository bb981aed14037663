/**
 * The store of the API: objects by name, one version counter, and the recent history from which a watch can resume. It
 * is in memory on purpose: its objects describe processes of this machine, and those end with the engine.
 */

import { expired } from './apimachinery/status.ts'
import type { Kinds, KubeObject, ResourceName } from './types.ts'

/** One change. `previous` is the object before it, if it existed. */
export interface Change {
  type: 'ADDED' | 'MODIFIED' | 'DELETED'
  resource: ResourceName
  /** For DELETED: the last state, with the version of the deletion. */
  object: KubeObject
  previous: KubeObject | undefined
  version: number
}

/** A write replaces an object. No object in the store is modified in place. */
export type Store = ReturnType<typeof createStore>

const keyOf = (namespace: string | undefined, name: string): string => `${namespace ?? ''}/${name}`

/**
 * Creates an empty store.
 * @param historyLimit how many changes a watch can resume from; older versions give 410.
 * @param firstVersion the clock in ms since 1970. So a version of an earlier process is always too old (410).
 */
export function createStore(historyLimit = 4096, firstVersion = Date.now()) {
  const tables = new Map<ResourceName, Map<string, KubeObject>>()
  const history: Change[] = []
  const listeners = new Set<(change: Change) => void>()
  const pending: Change[] = []
  let version = firstVersion
  let oldest = firstVersion

  const table = (resource: ResourceName): Map<string, KubeObject> => {
    const existing = tables.get(resource)
    if (existing) return existing
    const fresh = new Map<string, KubeObject>()
    tables.set(resource, fresh)
    return fresh
  }

  function record(change: Change): void {
    history.push(change)
    // Trims in bulk, because each single shift() would move the whole array.
    if (history.length > historyLimit * 2) {
      history.splice(0, history.length - historyLimit)
      oldest = history[0]?.version ?? version
    }
    pending.push(change)
    if (pending.length > 1) return
    // A listener may write. Its change is queued, so that every listener gets all changes in the order of their
    // versions.
    for (let next = pending[0]; next; next = pending[0]) {
      for (const listener of listeners) listener(next)
      pending.shift()
    }
  }

  function put<R extends ResourceName>(resource: R, object: Kinds[R]): Kinds[R] {
    version += 1
    const { namespace, name } = object.metadata
    const key = keyOf(namespace, name)
    const previous = table(resource).get(key)
    const stored = { ...object, metadata: { ...object.metadata, resourceVersion: String(version) } }
    table(resource).set(key, stored)
    record({ type: previous ? 'MODIFIED' : 'ADDED', resource, object: stored, previous, version })
    return stored
  }

  function remove<R extends ResourceName>(resource: R, object: Kinds[R]): Kinds[R] {
    version += 1
    const { namespace, name } = object.metadata
    const previous = table(resource).get(keyOf(namespace, name))
    table(resource).delete(keyOf(namespace, name))
    const last = { ...object, metadata: { ...object.metadata, resourceVersion: String(version) } }
    record({ type: 'DELETED', resource, object: last, previous, version })
    return last
  }

  return {
    /** Returns the version of the last change. */
    version: (): number => version,
    get<R extends ResourceName>(
      resource: R,
      namespace: string | undefined,
      name: string,
    ): Kinds[R] | undefined {
      // The table of a resource holds only its kind, because only put() adds objects.
      return table(resource).get(keyOf(namespace, name)) as Kinds[R] | undefined
    },
    /** Returns the objects of one namespace or of all, sorted by namespace and name, as etcd's keys are. */
    list<R extends ResourceName>(resource: R, namespace?: string): Kinds[R][] {
      const prefix = namespace === undefined ? '' : keyOf(namespace, '')
      const entries = [...table(resource)].filter(([key]) => key.startsWith(prefix))
      entries.sort(([a], [b]) => (a < b ? -1 : 1))
      return entries.map(([, object]) => object as Kinds[R])
    },
    put,
    remove,
    /**
     * Returns the changes after version `since`, oldest first.
     * @throws StatusError 410 when `since` is older than the history.
     */
    changesSince(since: number): Change[] {
      if (since < oldest) throw expired(`too old resource version: ${since} (${oldest})`)
      let start = history.length
      while (start > 0 && (history[start - 1]?.version ?? 0) > since) start -= 1
      return history.slice(start)
    },
    /** Calls back on every change, synchronously. Returns a function that unsubscribes. */
    subscribe(listener: (change: Change) => void): () => void {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
  }
}
