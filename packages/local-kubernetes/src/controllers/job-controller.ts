/**
 * The Job controller: keeps the wanted number of pods running, counts their results, and finishes the Job. It follows
 * pkg/controller/job/job_controller.go of Kubernetes, without Indexed completion. Each sync reads the whole state,
 * independent of the event that triggered it.
 */

import type { EventRecorder } from '../event-recorder.ts'
import {
  controllerOf,
  isActive,
  isOwnedBy,
  isReady,
  isTerminating,
  isTracked,
  jobFinished,
} from '../pod-predicates.ts'
import { deleteObject } from '../registry/delete-object.ts'
import { millisOf, timestamp } from '../rfc3339.ts'
import type { Store } from '../store.ts'
import type { Job, Pod } from '../types.ts'
import { createWorkQueue } from '../work-queue.ts'
import { createJobBackoff } from './job-backoff.ts'
import { createJobPods } from './job-pods.ts'
import { failureTarget, finish, releasePod, setCondition, track } from './job-status.ts'

const COMPONENT = 'job-controller'

export interface JobController {
  close(): void
}

/**
 * Starts the controller on a store.
 * @param backOffBaseMs the delay after a first failure: 10,000 in a real cluster.
 */
export function startJobController(
  store: Store,
  events: EventRecorder,
  backOffBaseMs: number,
): JobController {
  const backoff = createJobBackoff(backOffBaseMs)
  const { make, remove } = createJobPods(store, events)
  const queue = createWorkQueue(sync, Math.min(1000, backOffBaseMs))

  function sync(key: string): void {
    const [namespace, name = ''] = key.split('/')
    const job = store.get('jobs', namespace, name)
    if (!job) return
    const pods = store.list('pods', namespace).filter((pod) => isOwnedBy(pod, job))
    if (jobFinished(job)) {
      backoff.forget(job.metadata.uid)
      expire(job, key)
      return
    }
    reconcile(job, pods, key)
  }

  /** ttlSecondsAfterFinished: deletes a finished Job after that time. */
  function expire(job: Job, key: string): void {
    const { ttlSecondsAfterFinished: ttl } = job.spec
    const ended = job.status.conditions?.find(({ type }) => type === 'Complete' || type === 'Failed')
    if (ttl === undefined || !ended || job.metadata.deletionTimestamp) return
    const leftMs = millisOf(ended.lastTransitionTime) + ttl * 1000 - Date.now()
    if (leftMs > 0) queue.add(key, leftMs)
    else
      deleteObject(store, 'jobs', job.metadata.namespace, job.metadata.name, {
        propagationPolicy: 'Background',
        preconditions: { uid: job.metadata.uid },
      })
  }

  function reconcile(before: Job, pods: Pod[], key: string): void {
    let failure: Error | undefined
    const ends = track(before, pods)
    backoff.record(before.metadata.uid, ends.failed.length, ends.succeeded.length)
    const job = structuredClone(before)
    if (!job.status.startTime && !job.spec.suspend) job.status.startTime = timestamp()
    const target = failureTarget(job, pods, ends)
    let active = pods.filter(isActive)
    if (target) {
      for (const pod of active) remove(job, pod, false)
      active = []
    } else if (!job.metadata.deletionTimestamp) {
      try {
        active = manage(job, pods, ends.succeeded.length, key)
      } catch (error) {
        failure = error instanceof Error ? error : new Error(String(error))
        active = pods.filter(isActive)
      }
      suspendCondition(job)
    }
    queueAtDeadline(job, key)
    const now = store.list('pods', job.metadata.namespace).filter((pod) => isOwnedBy(pod, job))
    finish({
      store,
      events,
      job,
      pods: now,
      ends,
      target,
      active: active.length,
      ready: active.filter(isReady).length,
    })
    if (failure) throw failure
  }

  function queueAtDeadline({ spec, status }: Job, key: string): void {
    if (spec.activeDeadlineSeconds === undefined || spec.suspend || !status.startTime) return
    queue.add(key, Math.max(1, millisOf(status.startTime) + spec.activeDeadlineSeconds * 1000 - Date.now()))
  }

  function suspendCondition(job: Job): void {
    const { suspend } = job.spec
    const changed = suspend
      ? setCondition(job, 'Suspended', 'True', 'JobSuspended', 'Job suspended')
      : setCondition(job, 'Suspended', 'False', 'JobResumed', 'Job resumed')
    if (!changed) return
    if (suspend) delete job.status.startTime
    else job.status.startTime = timestamp()
    const [reason, message] = suspend ? ['Suspended', 'Job suspended'] : ['Resumed', 'Job resumed']
    events.record({ about: job, type: 'Normal', reason, message, component: COMPONENT })
  }

  /**
   * Creates or deletes pods until there are as many as wanted. Returns the active ones.
   * @throws StatusError when the API refuses a pod.
   */
  function manage(job: Job, pods: readonly Pod[], newlySucceeded: number, key: string): Pod[] {
    const active = pods.filter(isActive)
    const { completions, parallelism, suspend } = job.spec
    const succeeded = (job.status.succeeded ?? 0) + newlySucceeded
    const left =
      completions === undefined ? (succeeded > 0 ? active.length : parallelism) : completions - succeeded
    const wanted = suspend ? 0 : Math.max(0, Math.min(parallelism, left))
    if (active.length > wanted) {
      // Pods that have progressed least are deleted first.
      const surplus = active
        .toSorted((a, b) => Number(isReady(a)) - Number(isReady(b)))
        .slice(0, active.length - wanted)
      for (const pod of surplus) remove(job, pod, true)
      return active.filter((pod) => !surplus.includes(pod))
    }
    const waitsForEnds = job.spec.podReplacementPolicy === 'Failed' || job.spec.podFailurePolicy !== undefined
    const missing = wanted - active.length - (waitsForEnds ? pods.filter(isTerminating).length : 0)
    if (missing <= 0) return active
    const waitMs = backoff.remainingMs(job.metadata.uid)
    if (waitMs > 0) {
      queue.add(key, waitMs)
      return active
    }
    return [...active, ...Array.from({ length: missing }, () => make(job))]
  }

  /** Removes the finalizer of a pod whose Job is removed or finished, because no Job will count the pod. */
  function releaseOrphan(pod: Pod): void {
    if (!isTracked(pod)) return
    const owner = controllerOf(pod)
    const job = owner && store.get('jobs', pod.metadata.namespace, owner.name)
    if (!job || job.metadata.uid !== owner.uid || jobFinished(job)) setImmediate(releasePod, store, pod)
  }

  const unsubscribe = store.subscribe(({ type, resource, object }) => {
    const { namespace, name } = object.metadata
    if (resource === 'jobs') {
      queue.add(`${namespace}/${name}`)
      if (type === 'DELETED') {
        backoff.forget(object.metadata.uid)
        for (const pod of store.list('pods', namespace))
          if (controllerOf(pod)?.uid === object.metadata.uid) releaseOrphan(pod)
      }
    } else if (resource === 'pods') {
      // `resource` determines that it is a pod.
      const pod = object as Pod
      const owner = controllerOf(pod)
      if (owner) queue.add(`${namespace}/${owner.name}`)
      if (type !== 'DELETED') releaseOrphan(pod)
    }
  })

  return {
    close() {
      unsubscribe()
      queue.close()
    },
  }
}
