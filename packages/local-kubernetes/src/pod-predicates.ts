/** Predicates about pods and Jobs that several folders need. */

import { timestamp } from './rfc3339.ts'
import type { Condition, Job, OwnerReference, Pod } from './types.ts'

/** The finalizer of a pod that its Job has not counted yet. */
export const JOB_TRACKING = 'batch.kubernetes.io/job-tracking'

export const isFinished = (pod: Pod): boolean =>
  pod.status.phase === 'Succeeded' || pod.status.phase === 'Failed'
export const isReady = (pod: Pod): boolean => conditionOf(pod.status.conditions, 'Ready')?.status === 'True'
/** Deleted but not finished. */
export const isTerminating = (pod: Pod): boolean =>
  pod.metadata.deletionTimestamp !== undefined && !isFinished(pod)
/** Neither finished nor terminating. */
export const isActive = (pod: Pod): boolean =>
  !isFinished(pod) && pod.metadata.deletionTimestamp === undefined

/** Returns the condition of a type, if the list has it. */
export function conditionOf(
  conditions: readonly Condition[] | undefined,
  type: string,
): Condition | undefined {
  return conditions?.find((condition) => condition.type === type)
}

/** Returns the conditions with DisruptionTarget: the pod is about to be deleted for a reason outside of it. */
export function withDisruption(
  conditions: readonly Condition[] = [],
  { reason, message }: { reason: string; message: string },
): Condition[] {
  return [
    ...conditions.filter(({ type }) => type !== 'DisruptionTarget'),
    {
      type: 'DisruptionTarget',
      status: 'True',
      lastProbeTime: null,
      lastTransitionTime: timestamp(),
      reason,
      message,
    },
  ]
}

/** Returns the reference to the controller that owns an object. */
export function controllerOf(pod: Pod): OwnerReference | undefined {
  return pod.metadata.ownerReferences?.find((owner) => owner.controller)
}
export const isOwnedBy = (pod: Pod, job: Job): boolean => controllerOf(pod)?.uid === job.metadata.uid

export const isTracked = (pod: Pod): boolean => pod.metadata.finalizers?.includes(JOB_TRACKING) === true
/** Whether a Job has the condition Complete or Failed. */
export const jobFinished = (job: Job): boolean =>
  ['Complete', 'Failed'].some((type) => conditionOf(job.status.conditions, type)?.status === 'True')
