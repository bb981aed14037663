/**
 * The status of a Job. Pods are counted through `uncountedTerminatedPods`, so that each is counted once, even after an
 * interruption. A Job finishes in two steps: SuccessCriteriaMet then Complete, or FailureTarget then Failed.
 */

import type { EventRecorder } from '../event-recorder.ts'
import { conditionOf, isTerminating, isTracked, JOB_TRACKING } from '../pod-predicates.ts'
import { modify } from '../registry/update-object.ts'
import { millisOf, timestamp } from '../rfc3339.ts'
import type { Store } from '../store.ts'
import type { Condition, Job, Pod } from '../types.ts'
import { judgeFailure } from './pod-failure-policy.ts'

/** Pods that have finished and are not in the Job's counters yet. */
export interface Ends {
  failed: Pod[]
  succeeded: Pod[]
}
/** Why a Job has to fail. */
export interface Target {
  reason: string
  message: string
}

function countsAsFailed(job: Job, pod: Pod): boolean {
  if (pod.status.phase === 'Failed') return true
  if (job.spec.podReplacementPolicy === 'Failed' || job.spec.podFailurePolicy) return false
  // A terminating pod counts as failed, unless the policy waits for its end.
  return pod.metadata.deletionTimestamp !== undefined && pod.status.phase !== 'Succeeded'
}

/** Returns the pods of a Job that finished since the last count. */
export function track(job: Job, pods: readonly Pod[]): Ends {
  const { failed = [], succeeded = [] } = job.status.uncountedTerminatedPods ?? {}
  const known = new Set([...failed, ...succeeded])
  const open = pods.filter((pod) => isTracked(pod) && !known.has(pod.metadata.uid))
  return {
    failed: open.filter((pod) => countsAsFailed(job, pod)),
    succeeded: open.filter((pod) => pod.status.phase === 'Succeeded'),
  }
}

function restartsOf(job: Job, pods: readonly Pod[]): number {
  if (job.spec.template.spec.restartPolicy !== 'OnFailure') return 0
  return pods
    .filter(({ status }) => status.phase === 'Running' || status.phase === 'Pending')
    .flatMap(({ status }) => status.containerStatuses ?? [])
    .reduce((sum, { restartCount }) => sum + restartCount, 0)
}

/** Returns why this Job has to fail now, or undefined. An earlier reason is kept. */
export function failureTarget(job: Job, pods: readonly Pod[], ends: Ends): Target | undefined {
  if (conditionOf(job.status.conditions, 'SuccessCriteriaMet')) return undefined
  const earlier = conditionOf(job.status.conditions, 'FailureTarget')
  if (earlier) return { reason: earlier.reason ?? '', message: earlier.message ?? '' }
  const verdict = ends.failed.map((pod) => judgeFailure(job, pod)).find(({ message }) => message)
  if (verdict?.message) return { reason: 'PodFailurePolicy', message: verdict.message }
  const failed = (job.status.failed ?? 0) + ends.failed.filter((pod) => judgeFailure(job, pod).counts).length
  const { backoffLimit, activeDeadlineSeconds, suspend } = job.spec
  const restarts = restartsOf(job, pods)
  if (failed > backoffLimit || (restarts > 0 && restarts >= backoffLimit))
    return { reason: 'BackoffLimitExceeded', message: 'Job has reached the specified backoff limit' }
  const { startTime } = job.status
  if (
    activeDeadlineSeconds !== undefined &&
    startTime &&
    !suspend &&
    Date.now() >= millisOf(startTime) + activeDeadlineSeconds * 1000
  )
    return { reason: 'DeadlineExceeded', message: 'Job was active longer than specified deadline' }
  return undefined
}

/** Sets a condition and returns whether it changed. A condition that was never True is not added as False. */
export function setCondition(
  job: Job,
  type: string,
  status: 'True' | 'False',
  reason: string,
  message: string,
): boolean {
  const now = timestamp()
  const next: Condition = { type, status, lastProbeTime: now, lastTransitionTime: now, reason, message }
  const conditions = job.status.conditions ?? []
  const at = conditions.findIndex((condition) => condition.type === type)
  if (at < 0 && status === 'False') return false
  const current = conditions[at]
  if (current && current.status === status && current.reason === reason) return false
  job.status.conditions = at < 0 ? [...conditions, next] : conditions.with(at, next)
  return true
}

interface Finish {
  store: Store
  events: EventRecorder
  /** A copy of the Job with the changes of this sync. Its status is written. */
  job: Job
  /** All current pods of the Job. */
  pods: readonly Pod[]
  ends: Ends
  target: Target | undefined
  active: number
  ready: number
}

function put({ store, job }: Finish): void {
  modify(store, 'jobs', job, (copy) => {
    copy.status = structuredClone(job.status)
  })
}

function setCount(status: Job['status'], key: 'active' | 'failed' | 'succeeded', count: number): void {
  // These three omit zero, as Go's omitempty does.
  if (count > 0) status[key] = count
  else delete status[key]
}

const ids = (pods: readonly Pod[]): string[] => pods.map(({ metadata }) => metadata.uid)

/** Writes the counters, removes the finalizer of counted pods, and finishes the Job when no pod is left to wait for. */
export function finish(step: Finish): void {
  const { job, ends, pods, target, store } = step
  const { status } = job
  const ending = target !== undefined
  const failed = ending
    ? pods.filter(
        (pod) =>
          isTracked(pod) &&
          pod.status.phase !== 'Succeeded' &&
          !ids(ends.succeeded).includes(pod.metadata.uid),
      )
    : ends.failed
  const counting = failed.filter((pod) => judgeFailure(job, pod).counts)
  const succeeded = (status.succeeded ?? 0) + ends.succeeded.length
  const { completions } = job.spec
  const enough = completions === undefined ? succeeded > 0 : succeeded >= completions
  const complete = !ending && enough && step.active === 0
  setCount(status, 'active', step.active)
  status.ready = step.ready
  status.terminating = pods.filter(isTerminating).length
  status.uncountedTerminatedPods = {
    ...(ends.succeeded.length > 0 ? { succeeded: ids(ends.succeeded) } : {}),
    ...(counting.length > 0 ? { failed: ids(counting) } : {}),
  }
  if (target) setCondition(job, 'FailureTarget', 'True', target.reason, target.message)
  if (complete)
    setCondition(
      job,
      'SuccessCriteriaMet',
      'True',
      'CompletionsReached',
      'Reached expected number of succeeded pods',
    )
  put(step)
  const released =
    complete || job.metadata.deletionTimestamp ? pods.filter(isTracked) : [...failed, ...ends.succeeded]
  for (const pod of released) releasePod(store, pod)
  setCount(status, 'succeeded', succeeded)
  setCount(status, 'failed', (status.failed ?? 0) + counting.length)
  status.uncountedTerminatedPods = {}
  if ((ending || complete) && status.terminating === 0) end(step, complete)
  put(step)
}

function end({ job, events, target }: Finish, complete: boolean): void {
  const about = job
  const component = 'job-controller'
  if (complete) {
    setCondition(job, 'Complete', 'True', 'CompletionsReached', 'Reached expected number of succeeded pods')
    job.status.completionTime = timestamp()
    events.record({ about, type: 'Normal', reason: 'Completed', message: 'Job completed', component })
  } else if (target) {
    setCondition(job, 'Failed', 'True', target.reason, target.message)
    events.record({ about, type: 'Warning', reason: target.reason, message: target.message, component })
  }
}

/** Removes the Job's finalizer from a pod, because the pod needs no counting any more. */
export function releasePod(store: Store, pod: Pod): void {
  modify(store, 'pods', pod, ({ metadata }) => {
    metadata.finalizers = (metadata.finalizers ?? []).filter((one) => one !== JOB_TRACKING)
    if (metadata.finalizers.length === 0) delete metadata.finalizers
  })
}
