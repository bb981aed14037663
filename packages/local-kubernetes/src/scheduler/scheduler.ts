/**
 * The scheduler of a cluster with one node. It binds a pod that fits at once. A pod that does not fit stays Pending,
 * with the reason in its condition.
 */

import type { EventRecorder } from '../event-recorder.ts'
import { conditionOf } from '../pod-predicates.ts'
import { modify } from '../registry/update-object.ts'
import { timestamp } from '../rfc3339.ts'
import type { Store } from '../store.ts'
import { isRepelled, tolerationsOf, UNSCHEDULABLE } from '../taints.ts'
import type { Node, Pod, Taint } from '../types.ts'
import { createWorkQueue } from '../work-queue.ts'

const COMPONENT = 'default-scheduler'
const TOPOLOGY = ['topology.kubernetes.io/zone', 'topology.kubernetes.io/region']

/** Returns the reason why a pod does not fit, as the first failing filter of the real scheduler names it. */
function misfit(pod: Pod, node: Node): string | undefined {
  const cordon: Taint = { key: UNSCHEDULABLE, effect: 'NoSchedule' }
  if (node.spec.unschedulable && tolerationsOf(pod, cordon).length === 0) return 'node(s) were unschedulable'
  if (isRepelled(pod, node, ['NoSchedule', 'NoExecute'])) return 'node(s) had untolerated taint(s)'
  const selected = Object.entries(pod.spec.nodeSelector ?? {}).every(
    ([key, value]) => node.metadata.labels?.[key] === value,
  )
  return selected ? undefined : "node(s) didn't match Pod's node affinity/selector"
}

const messageOf = (reason: string): string =>
  `0/1 nodes are available: 1 ${reason}. no new claims to deallocate, preemption: 0/1 nodes are available: 1 Preemption is not helpful for scheduling.`

/** Starts to bind pods to the node `nodeName`; `close` stops it. */
export function startScheduler(store: Store, events: EventRecorder, nodeName: string): { close(): void } {
  function refuse(pod: Pod, message: string): void {
    if (conditionOf(pod.status.conditions, 'PodScheduled')?.message === message) return
    modify(store, 'pods', pod, ({ status }) => {
      status.conditions = [
        {
          type: 'PodScheduled',
          status: 'False',
          lastProbeTime: null,
          lastTransitionTime: timestamp(),
          reason: 'Unschedulable',
          message,
        },
      ]
    })
    events.record({
      about: pod,
      type: 'Warning',
      reason: 'FailedScheduling',
      message,
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
    if (!pod || pod.spec.nodeName || pod.metadata.deletionTimestamp) return
    const reason = node && misfit(pod, node)
    if (!node) refuse(pod, 'no nodes available to schedule pods')
    else if (reason) refuse(pod, messageOf(reason))
    else bind(pod, node)
  })
  const unsubscribe = store.subscribe(({ type, resource, object }) => {
    if (resource === 'pods' && type !== 'DELETED')
      queue.add(`${object.metadata.namespace}/${object.metadata.name}`)
    // A changed node may fit the pods that wait.
    if (resource === 'nodes')
      for (const { metadata, spec } of store.list('pods'))
        if (!spec.nodeName) queue.add(`${metadata.namespace}/${metadata.name}`)
  })
  return {
    close() {
      unsubscribe()
      queue.close()
    },
  }
}
