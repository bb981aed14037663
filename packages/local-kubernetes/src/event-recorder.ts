/**
 * Events, as `kubectl describe` and `kubectl get events` show them. A repeated event increases the count of the first.
 * An event expires after an hour, as in a real cluster.
 */

import { hostname } from 'node:os'
import { microTimestamp, millisOf, timestamp } from './rfc3339.ts'
import type { Store } from './store.ts'
import type { KubeEvent, KubeObject, ObjectReference } from './types.ts'

const TTL_MS = 60 * 60 * 1000
const EXPIRY_CHECK_MS = 60 * 1000

export interface EventInput {
  about: KubeObject
  type: 'Normal' | 'Warning'
  reason: string
  message: string
  /** `kubelet`, `job-controller`, … */
  component: string
  host?: string
  /** `spec.containers{echo}`, for an event about one container. */
  fieldPath?: string
  /** Set by the scheduler, whose events have the newer form: with `action` and `eventTime`, without a count. */
  action?: string
}

export interface EventRecorder {
  record(input: EventInput): void
  close(): void
}

function referenceTo({ about, fieldPath }: EventInput): ObjectReference {
  const { namespace, name, uid, resourceVersion } = about.metadata
  return {
    kind: about.kind,
    ...(namespace ? { namespace } : {}),
    name,
    uid,
    apiVersion: about.apiVersion,
    resourceVersion,
    ...(fieldPath ? { fieldPath } : {}),
  }
}

/** Creates a recorder that writes into the store; `close` stops the expiry. */
export function createEventRecorder(store: Store): EventRecorder {
  // Names end in the time in nanoseconds. The counter makes names within one millisecond unique.
  let serial = 0
  const known = new Map<string, string>()

  function repeat(key: string, namespace: string): boolean {
    const earlier = store.get('events', namespace, known.get(key) ?? '')
    if (!earlier) return false
    store.put('events', { ...earlier, count: (earlier.count ?? 1) + 1, lastTimestamp: timestamp() })
    return true
  }

  function fresh(input: EventInput, namespace: string): KubeEvent {
    const { about, type, reason, message, component, host, action } = input
    serial = (serial + 1) % 1_000_000
    const nanoseconds = BigInt(Date.now()) * 1_000_000n + BigInt(serial)
    const now = timestamp()
    return {
      kind: 'Event',
      apiVersion: 'v1',
      metadata: {
        name: `${about.metadata.name}.${nanoseconds.toString(16)}`,
        namespace,
        uid: crypto.randomUUID(),
        resourceVersion: '',
        creationTimestamp: now,
      },
      involvedObject: referenceTo(input),
      reason,
      message,
      source: action ? {} : { component, ...(host ? { host } : {}) },
      firstTimestamp: action ? null : now,
      lastTimestamp: action ? null : now,
      ...(action ? {} : { count: 1 }),
      type,
      eventTime: action ? microTimestamp() : null,
      ...(action ? { action } : {}),
      reportingComponent: component,
      reportingInstance: host ?? (action ? `${component}-${hostname()}` : ''),
    }
  }

  const expiry = setInterval(() => {
    for (const event of store.list('events'))
      if (millisOf(event.lastTimestamp ?? event.metadata.creationTimestamp) < Date.now() - TTL_MS)
        store.remove('events', event)
    for (const [key, name] of known) if (!store.get('events', key.split('\n')[0], name)) known.delete(key)
  }, EXPIRY_CHECK_MS)
  expiry.unref()

  return {
    record(input) {
      const namespace = input.about.metadata.namespace ?? 'default'
      // An event outlives its object, but not its namespace.
      if (!store.get('namespaces', undefined, namespace)) return
      const { about, type, reason, message, component, fieldPath } = input
      const key = [namespace, about.metadata.uid, type, reason, message, component, fieldPath].join('\n')
      if (!input.action && repeat(key, namespace)) return
      const event = fresh(input, namespace)
      known.set(key, event.metadata.name)
      store.put('events', event)
    },
    close: () => clearInterval(expiry),
  }
}
