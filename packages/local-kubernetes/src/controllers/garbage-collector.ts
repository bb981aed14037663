/**
 * The garbage collector, and two controllers beside it. It deletes the pods of removed Jobs and handles the finalizers
 * of Foreground and Orphan. The namespace controller empties a terminating namespace. The quota controller updates
 * `status.used`.
 */

import { RESOURCES } from '../apimachinery/resources.ts'
import { controllerOf } from '../pod-predicates.ts'
import { deleteObject } from '../registry/delete-object.ts'
import { quotaStatus } from '../registry/quota.ts'
import { modify } from '../registry/update-object.ts'
import type { Store } from '../store.ts'
import type { Job, Pod } from '../types.ts'
import { createWorkQueue } from '../work-queue.ts'

const dependentsOf = (store: Store, namespace: string | undefined, ownerUid: string): Pod[] =>
  store.list('pods', namespace).filter((pod) => controllerOf(pod)?.uid === ownerUid)

function dropFinalizer(store: Store, job: Job, finalizer: string): void {
  modify(store, 'jobs', job, ({ metadata }) => {
    metadata.finalizers = metadata.finalizers?.filter((one) => one !== finalizer) ?? []
    if (metadata.finalizers.length === 0) delete metadata.finalizers
  })
}

function collectJob(store: Store, job: Job): void {
  const { finalizers = [], namespace, uid, deletionTimestamp } = job.metadata
  if (!deletionTimestamp) return
  const pods = dependentsOf(store, namespace, uid)
  if (finalizers.includes('orphan')) {
    for (const pod of pods)
      modify(store, 'pods', pod, ({ metadata }) => {
        metadata.ownerReferences = metadata.ownerReferences?.filter((owner) => owner.uid !== uid) ?? []
        if (metadata.ownerReferences.length === 0) delete metadata.ownerReferences
      })
    dropFinalizer(store, job, 'orphan')
  } else if (finalizers.includes('foregroundDeletion')) {
    for (const pod of pods)
      if (!pod.metadata.deletionTimestamp) deleteObject(store, 'pods', namespace, pod.metadata.name)
    if (pods.length === 0) dropFinalizer(store, job, 'foregroundDeletion')
  }
}

/** Deletes a pod whose Job no longer exists. */
function collectPod(store: Store, pod: Pod): void {
  const owner = controllerOf(pod)
  if (owner?.kind !== 'Job' || pod.metadata.deletionTimestamp) return
  if (store.get('jobs', pod.metadata.namespace, owner.name)?.metadata.uid !== owner.uid)
    deleteObject(store, 'pods', pod.metadata.namespace, pod.metadata.name)
}

function collectNamespace(store: Store, name: string): void {
  const namespace = store.get('namespaces', undefined, name)
  if (namespace?.status.phase !== 'Terminating') return
  const content = RESOURCES.filter(({ namespaced }) => namespaced)
  for (const { name: resource } of content)
    for (const object of store.list(resource, name))
      if (!object.metadata.deletionTimestamp)
        deleteObject(store, resource, name, object.metadata.name, { propagationPolicy: 'Background' })
  if (content.every(({ name: resource }) => store.list(resource, name).length === 0))
    store.remove('namespaces', namespace)
}

function updateQuotas(store: Store, namespace: string): void {
  for (const quota of store.list('resourcequotas', namespace))
    modify(store, 'resourcequotas', quota, (copy) => {
      copy.status = quotaStatus(store, copy)
    })
}

/** Starts the controllers; `close` stops them. */
export function startGarbageCollector(store: Store): { close(): void } {
  const queue = createWorkQueue((key) => {
    const [kind, namespace = '', name = ''] = key.split('/')
    if (kind === 'namespaces') collectNamespace(store, namespace)
    const job = kind === 'jobs' && store.get('jobs', namespace, name)
    if (job) collectJob(store, job)
    const pod = kind === 'pods' && store.get('pods', namespace, name)
    if (pod) collectPod(store, pod)
  })

  const unsubscribe = store.subscribe(({ type, resource, object }) => {
    const { namespace = '', name, uid } = object.metadata
    if (resource === 'namespaces') queue.add(`namespaces/${name}`)
    else if (type === 'DELETED' && namespace) queue.add(`namespaces/${namespace}`)
    if (resource === 'jobs') queue.add(`jobs/${namespace}/${name}`)
    if (resource === 'jobs' && type === 'DELETED')
      for (const pod of dependentsOf(store, namespace, uid))
        queue.add(`pods/${namespace}/${pod.metadata.name}`)
    if (resource === 'pods') {
      queue.add(`pods/${namespace}/${name}`)
      // `resource` determines that it is a pod.
      const owner = controllerOf(object as Pod)
      if (owner) queue.add(`jobs/${namespace}/${owner.name}`)
    }
    // Synchronous, so that a client that created an object reads a status that counts it.
    if (resource !== 'events' && namespace) updateQuotas(store, namespace)
  })

  return {
    close() {
      unsubscribe()
      queue.close()
    },
  }
}
