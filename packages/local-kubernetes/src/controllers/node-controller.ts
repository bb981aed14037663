/**
 * The controllers of the node: one gives a cordoned node its taint, the other evicts pods by taints with the effect NoExecute
 * (pkg/controller/nodelifecycle and pkg/controller/tainteviction).
 */

import type { EventRecorder } from '../event-recorder.ts'
import { withDisruption } from '../pod-predicates.ts'
import { deleteObject } from '../registry/delete-object.ts'
import { modify } from '../registry/update-object.ts'
import { millisOf, timestamp } from '../rfc3339.ts'
import type { Store } from '../store.ts'
import { tolerationsOf, UNSCHEDULABLE } from '../taints.ts'
import type { Node, Pod, Taint } from '../types.ts'
import { createWorkQueue } from '../work-queue.ts'

/** Adds the taint of a cordoned node, and removes it when the node is uncordoned. */
function syncCordon(store: Store, node: Node): void {
  const taints = node.spec.taints ?? []
  const cordoned = node.spec.unschedulable === true
  if (taints.some(({ key }) => key === UNSCHEDULABLE) === cordoned) return
  modify(store, 'nodes', node, ({ spec }) => {
    const others = taints.filter(({ key }) => key !== UNSCHEDULABLE)
    const own: Taint = { key: UNSCHEDULABLE, effect: 'NoSchedule', timeAdded: timestamp() }
    spec.taints = cordoned ? [...others, own] : others
    if (spec.taints.length === 0) delete spec.taints
  })
}

/**
 * Returns how long a pod may stay on the node, ms: 0 with a taint that it does not tolerate, Infinity without such taints. A
 * limited toleration counts from the time of its taint.
 */
function msUntilEviction(pod: Pod, node: Node): number {
  const left = (node.spec.taints ?? [])
    .filter(({ effect }) => effect === 'NoExecute')
    .map((taint) => {
      const seconds = tolerationsOf(pod, taint).map(({ tolerationSeconds }) => tolerationSeconds ?? Infinity)
      if (seconds.length === 0) return 0
      const since = taint.timeAdded ? millisOf(taint.timeAdded) : Date.now()
      return Math.max(0, since + Math.min(...seconds) * 1000 - Date.now())
    })
  return Math.min(Infinity, ...left)
}

/** Starts both controllers on the node `nodeName`; `close` stops them. */
export function startNodeController(
  store: Store,
  events: EventRecorder,
  nodeName: string,
): { close(): void } {
  function evict(pod: Pod): void {
    const { namespace, name, uid } = pod.metadata
    events.record({
      about: pod,
      type: 'Normal',
      reason: 'TaintManagerEviction',
      message: `Marking for deletion Pod ${namespace}/${name}`,
      component: 'taint-eviction-controller',
    })
    modify(store, 'pods', pod, ({ status }) => {
      status.conditions = withDisruption(status.conditions, {
        reason: 'DeletionByTaintManager',
        message: 'Taint manager: deleting due to NoExecute taint',
      })
    })
    deleteObject(store, 'pods', namespace, name, { preconditions: { uid } })
  }

  const queue = createWorkQueue((key) => {
    const [namespace, name = ''] = key.split('/')
    const node = store.get('nodes', undefined, nodeName)
    if (namespace === '') {
      if (node) syncCordon(store, node)
      return
    }
    const pod = store.get('pods', namespace, name)
    if (!pod || !node || pod.spec.nodeName !== nodeName || pod.metadata.deletionTimestamp) return
    const waitMs = msUntilEviction(pod, node)
    if (waitMs === 0) evict(pod)
    else if (waitMs < Infinity) queue.add(key, waitMs)
  })
  const unsubscribe = store.subscribe(({ type, resource, object }) => {
    const { namespace, name } = object.metadata
    if (type === 'DELETED') return
    if (resource === 'pods') queue.add(`${namespace}/${name}`)
    else if (resource === 'nodes') {
      queue.add(`/${name}`)
      for (const pod of store.list('pods')) queue.add(`${pod.metadata.namespace}/${pod.metadata.name}`)
    }
  })
  return {
    close() {
      unsubscribe()
      queue.close()
    },
  }
}
