// The pods of a Job as its controller makes and removes them, and the events that tell of it.

import { createObject } from '../apiserver/create-object.ts'
import { deleteObject } from '../apiserver/delete-object.ts'
import { StatusError } from '../apiserver/status.ts'
import { jsonOf } from '../apiserver/update-object.ts'
import type { Draft } from '../registry/decode.ts'
import type { Store } from '../store.ts'
import type { Job, Pod } from '../types.ts'
import type { EventRecorder } from './event-recorder.ts'
import { releasePod } from './job-status.ts'
import { JOB_TRACKING } from './pod-facts.ts'

export type JobPods = {
  /** Makes a pod of the Job's template. Throws the refusal (quota, pod security), after telling of it. */
  make(job: Job): Pod
  /** Deletes a pod with its own grace; `uncounted` lets it go without being counted as failed. */
  remove(job: Job, pod: Pod, uncounted: boolean): void
}

/** Makes and removes pods in `store`. */
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
      // A pod that is removed on purpose (suspend) must not count as failed: it is released before it is deleted.
      if (uncounted) releasePod(store, pod)
      deleteObject(store, 'pods', pod.metadata.namespace, pod.metadata.name)
      say(job, 'Normal', 'SuccessfulDelete', `Deleted pod: ${pod.metadata.name}`)
    },
  }
}
