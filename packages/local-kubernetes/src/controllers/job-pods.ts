/** Creates and deletes the pods of a Job, and records the events about it. */

import { StatusError } from '../apimachinery/status.ts'
import type { EventRecorder } from '../event-recorder.ts'
import { JOB_TRACKING } from '../pod-predicates.ts'
import { createObject } from '../registry/create-object.ts'
import type { Draft } from '../registry/decode.ts'
import { deleteObject } from '../registry/delete-object.ts'
import { jsonOf } from '../registry/update-object.ts'
import type { Store } from '../store.ts'
import type { Job, Pod } from '../types.ts'
import { releasePod } from './job-status.ts'

export interface JobPods {
  /**
   * Creates a pod from the Job's template.
   * @throws StatusError when the API refuses it (quota, pod security), after recording an event.
   */
  make(job: Job): Pod
  /** Deletes a pod with its own grace period. With `uncounted` the Job does not count it as failed. */
  remove(job: Job, pod: Pod, uncounted: boolean): void
}

/** Creates and deletes pods in `store`. */
export function createJobPods(store: Store, events: EventRecorder): JobPods {
  function say(job: Job, type: 'Normal' | 'Warning', reason: string, message: string): void {
    events.record({ about: job, type, reason, message, component: 'job-controller' })
  }

  return {
    make(job) {
      const { namespace, name, uid } = job.metadata
      const { metadata = {}, spec } = job.spec.template
      const owner = {
        apiVersion: 'batch/v1',
        kind: 'Job',
        name,
        uid,
        controller: true,
        blockOwnerDeletion: true,
      }
      const draft: Draft = {
        apiVersion: 'v1',
        kind: 'Pod',
        metadata: {
          generateName: `${name}-`,
          ...metadata,
          ownerReferences: [owner],
          finalizers: [...(metadata.finalizers ?? []), JOB_TRACKING],
        },
        spec: jsonOf(spec),
      }
      try {
        const pod = createObject(store, 'pods', namespace, draft)
        say(job, 'Normal', 'SuccessfulCreate', `Created pod: ${pod.metadata.name}`)
        return pod
      } catch (error) {
        if (error instanceof StatusError)
          say(job, 'Warning', 'FailedCreate', `Error creating: ${error.message}`)
        throw error
      }
    },
    remove(job, pod, uncounted) {
      // A pod deleted on purpose (suspend) must not count as failed. Its finalizer is removed before it is deleted.
      if (uncounted) releasePod(store, pod)
      deleteObject(store, 'pods', pod.metadata.namespace, pod.metadata.name)
      say(job, 'Normal', 'SuccessfulDelete', `Deleted pod: ${pod.metadata.name}`)
    },
  }
}
