// The store behind the API: objects by name, one counter of versions, and the recent history that a watch can resume from.
// It is in memory on purpose: the objects stand for processes on this machine, and a stopped machine runs none of them.
// A store that outlived its processes would only have to be repaired into an empty one.

import { expired } from './apiserver/status.ts'
import type { Kinds, KubeObject, ResourceName } from './types.ts'

/** A change, in the order it happened. `previous` is what the object was before, if it existed. */
export type Change = {
  type: 'ADDED' | 'MODIFIED' | 'DELETED'
  resource: ResourceName
  /** For DELETED: the last state, under the version of its deletion. */
  object: KubeObject
  previous: KubeObject | undefined
  version: number
}

/** Objects of the store are never modified in place: a write replaces them. */
export type Store = ReturnType<typeof createStore>

const keyOf = (namespace: string | undefined, name: string): string => `${namespace ?? ''}/${name}`

/**
 * An empty store. `historyLimit` is how many changes a watch can look back; older ones answer 410.
 * Versions start at the clock in milliseconds, so that one kept from an earlier run is always too old (410) and
 * never mistaken for one of this run.
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
    // Trimmed in bulk, because shifting an array one by one costs its whole length each time.
    if (history.length > historyLimit * 2) {
      history.splice(0, history.length - historyLimit)
      oldest = history[0]?.version ?? version
    }
    pending.push(change)
    if (pending.length > 1) return
    // A listener may write. Its change waits here, so that everybody sees all changes in the order of their versions.
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
    /** The version of the last change. */
    version: (): number => version,
    get<R extends ResourceName>(
      resource: R,
      namespace: string | undefined,
      name: string,
    ): Kinds[R] | undefined {
      // The table of a resource holds only its kind: `put` is the one way in.
      return table(resource).get(keyOf(namespace, name)) as Kinds[R] | undefined
    },
    /** All objects, of one namespace or of all, sorted by namespace and name as etcd's keys are. */
    list<R extends ResourceName>(resource: R, namespace?: string): Kinds[R][] {
      const prefix = namespace === undefined ? '' : keyOf(namespace, '')
      const entries = [...table(resource)].filter(([key]) => key.startsWith(prefix))
      entries.sort(([a], [b]) => (a < b ? -1 : 1))
      return entries.map(([, object]) => object as Kinds[R])
    },
    put,
    remove,
    /** Changes after `since`, oldest first. Throws 410 Expired when the history no longer reaches that far. */
    changesSince(since: number): Change[] {
      if (since < oldest) throw expired(`too old resource version: ${since} (${oldest})`)
      let start = history.length
      while (start > 0 && (history[start - 1]?.version ?? 0) > since) start -= 1
      return history.slice(start)
    },
    /** Calls back on every change, synchronously; returns the undo. */
    subscribe(listener: (change: Change) => void): () => void {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
  }
}
