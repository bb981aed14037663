/**
 * The scheduler of a cluster with one node. It binds a pod that fits at once. A pod that does not fit stays Pending,
 * with the reason in its condition.
 */

import type { EventRecorder } from '../event-recorder.ts'
import { conditionOf } from '../pod-predicates.ts'
import { modify } from '../registry/update-object.ts'
import { timestamp } from '../rfc3339.ts'
import type { Store } from '../store.ts'
import type { Node, Pod } from '../types.ts'
import { createWorkQueue } from '../work-queue.ts'

const COMPONENT = 'default-scheduler'
const TOPOLOGY = ['topology.kubernetes.io/zone', 'topology.kubernetes.io/region']
const MISFIT =
  "0/1 nodes are available: 1 node(s) didn't match Pod's node affinity/selector. preemption: 0/1 nodes are available: 1 Preemption is not helpful for scheduling."

const fits = (pod: Pod, node: Node): boolean =>
  Object.entries(pod.spec.nodeSelector ?? {}).every(([key, value]) => node.metadata.labels?.[key] === value)

/** Starts to bind pods to the node `nodeName`; `close` stops it. */
export function startScheduler(store: Store, events: EventRecorder, nodeName: string): { close(): void } {
  function refuse(pod: Pod): void {
    if (conditionOf(pod.status.conditions, 'PodScheduled')) return
    modify(store, 'pods', pod, ({ status }) => {
      status.conditions = [
        {
          type: 'PodScheduled',
          status: 'False',
          lastProbeTime: null,
          lastTransitionTime: timestamp(),
          reason: 'Unschedulable',
          message: MISFIT,
        },
      ]
    })
    events.record({
      about: pod,
      type: 'Warning',
      reason: 'FailedScheduling',
      message: MISFIT,
      component: COMPONENT,
      action: 'Scheduling',
    })
  }

  function bind(pod: Pod, node: Node): void {
    const { namespace, name } = pod.metadata
    modify(store, 'pods', pod, ({ metadata, spec, status }) => {
      spec.nodeName = nodeName
      // The pod gets the zone and region labels of its node (PodTopologyLabels).
      const place = TOPOLOGY.flatMap((key) => {
        const value = node.metadata.labels?.[key]
        return value === undefined ? [] : [[key, value]]
      })
      metadata.labels = { ...metadata.labels, ...Object.fromEntries(place) }
      status.conditions = [
        { type: 'PodScheduled', status: 'True', lastProbeTime: null, lastTransitionTime: timestamp() },
      ]
    })
    const message = `Successfully assigned ${namespace}/${name} to ${nodeName}`
    events.record({
      about: pod,
      type: 'Normal',
      reason: 'Scheduled',
      message,
      component: COMPONENT,
      action: 'Binding',
    })
  }

  const queue = createWorkQueue((key) => {
    const [namespace, name = ''] = key.split('/')
    const pod = store.get('pods', namespace, name)
    const node = store.get('nodes', undefined, nodeName)
    if (!pod || !node || pod.spec.nodeName || pod.metadata.deletionTimestamp) return
    if (fits(pod, node)) bind(pod, node)
    else refuse(pod)
  })
  const unsubscribe = store.subscribe(({ type, resource, object }) => {
    if (resource === 'pods' && type === 'ADDED')
      queue.add(`${object.metadata.namespace}/${object.metadata.name}`)
  })
  return {
    close() {
      unsubscribe()
      queue.close()
    },
  }
}
