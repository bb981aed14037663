/**
 * A watch: the changes of a resource as a stream of JSON lines. An object that stops matching the selector is sent as
 * DELETED, and an object that begins to match as ADDED. So the client's state always equals its own list.
 */

import { apiVersionOf, resourceOf } from '../apimachinery/resources.ts'
import { StatusError } from '../apimachinery/status.ts'
import { tableOf } from '../printers/tables.ts'
import type { Change, Store } from '../store.ts'
import { timerDelay } from '../timer-delay.ts'
import type { Kinds, KubeObject, ResourceName } from '../types.ts'
import type { ListOptions } from './list-options.ts'
import { type Form, represent } from './representation.ts'

const BOOKMARK_MS = 60_000

export interface WatchSink {
  /** One event, already in JSON. */
  line(json: string): void
  end(): void
}

interface WatchEvent {
  type: 'ADDED' | 'MODIFIED' | 'DELETED'
  object: KubeObject
}

/** Returns the watch event of a change, for a client that receives matching objects only. Undefined for no event. */
export function watchEventOf(
  change: Change,
  matches: (object: KubeObject) => boolean,
): WatchEvent | undefined {
  const { type, object, previous } = change
  const was = previous !== undefined && matches(previous)
  const is = type !== 'DELETED' && matches(object)
  if (is) return { type: was ? 'MODIFIED' : 'ADDED', object }
  if (!was || !previous) return undefined
  // The last matching state, with the version at which it stopped matching.
  const { resourceVersion } = object.metadata
  const last =
    type === 'DELETED' ? object : { ...previous, metadata: { ...previous.metadata, resourceVersion } }
  return { type: 'DELETED', object: last }
}

function bookmark<R extends ResourceName>(
  resource: R,
  version: number,
  form: Form,
  initialEnd: boolean,
): object {
  const { kind } = resourceOf(resource)
  const annotations = initialEnd ? { annotations: { 'k8s.io/initial-events-end': 'true' } } : {}
  const metadata = { resourceVersion: String(version), creationTimestamp: null, ...annotations }
  if (form.as === 'table') return tableOf(resource, [], metadata, form.include, false)
  return { kind, apiVersion: apiVersionOf(resourceOf(resource)), metadata }
}

/**
 * Streams into `sink` until the watch's timeout, then calls `end`. A version older than the history gives an ERROR
 * event with a 410, as in the real server.
 * @returns a function that stops the watch.
 */
export function startWatch<R extends ResourceName>(
  store: Store,
  resource: R,
  namespace: string | undefined,
  options: ListOptions,
  form: Form,
  sink: WatchSink,
): () => void {
  let withColumns = true
  const send = ({ type, object }: WatchEvent): void => {
    // `resource` determines the kind.
    sink.line(JSON.stringify({ type, object: represent(resource, object as Kinds[R], form, withColumns) }))
    withColumns = false
  }
  const mark = (initialEnd: boolean): void => {
    sink.line(
      JSON.stringify({ type: 'BOOKMARK', object: bookmark(resource, store.version(), form, initialEnd) }),
    )
  }
  const onChange = (change: Change): void => {
    if (change.resource !== resource) return
    if (namespace !== undefined && change.object.metadata.namespace !== namespace) return
    const event = watchEventOf(change, options.matches)
    if (event) send(event)
  }
  const stop = (): void => {
    unsubscribe()
    clearTimeout(deadline)
    clearInterval(bookmarks)
  }
  const finish = (): void => {
    stop()
    sink.end()
  }

  const unsubscribe = store.subscribe(onChange)
  const deadline = setTimeout(finish, timerDelay(options.timeoutMs))
  const bookmarks = options.bookmarks ? setInterval(mark, BOOKMARK_MS, false) : undefined
  const { resourceVersion } = options
  const fromNow = resourceVersion === '' || resourceVersion === '0'
  if (fromNow || options.sendInitialEvents) {
    for (const object of store.list(resource, namespace))
      if (options.matches(object)) send({ type: 'ADDED', object })
    if (options.sendInitialEvents && options.bookmarks) mark(true)
    return stop
  }
  try {
    for (const change of store.changesSince(Number(resourceVersion))) onChange(change)
  } catch (error) {
    if (!(error instanceof StatusError)) throw error
    sink.line(JSON.stringify({ type: 'ERROR', object: error.body }))
    finish()
  }
  return stop
}
