/** Converts Kubernetes objects to the views that the planner uses. A missing field becomes an empty value. */
import type { V1ContainerStateTerminated, V1Job, V1Pod, V1PodCondition } from '@kubernetes/client-node'
import type { Exit, Progress } from '@warm-pods/core/api/contracts.ts'
import { aliasOf } from '@warm-pods/core/identity/alias.ts'
import { LABELS } from '@warm-pods/core/identity/names.ts'
import type { JobView, PodView } from '@warm-pods/core/state/cluster-view.ts'

const ZONE = 'topology.kubernetes.io/zone'

/**
 * @param nowMs wall clock, ms since 1970. It stands for a creation time that is missing or unreadable, so that garbage collection
 *   does not take the Job for an old one.
 * @returns `createdAtMs` by the cluster's clock; `active` for a Job without a final condition.
 */
export function jobView(job: V1Job, nowMs: number): JobView {
  const labels = job.metadata?.labels ?? {}
  const sessionId = labels[LABELS.sessionId]
  const done = (type: string): boolean =>
    job.status?.conditions?.some(({ type: found, status }) => found === type && status === 'True') ?? false
  return {
    name: job.metadata?.name ?? '',
    uid: job.metadata?.uid ?? '',
    resourceVersion: job.metadata?.resourceVersion ?? '',
    createdAtMs: ms(job.metadata?.creationTimestamp) ?? nowMs,
    state: job.metadata?.deletionTimestamp
      ? 'deleting'
      : done('Complete') || done('SuccessCriteriaMet')
        ? 'complete'
        : done('Failed') || done('FailureTarget')
          ? 'failed'
          : 'active',
    ...(sessionId ? { sessionId } : {}),
  }
}

/** The Job that a pod's labels name; empty for none. */
export function jobIn(labels: Readonly<Record<string, string>>): string {
  return labels['batch.kubernetes.io/job-name'] ?? labels['job-name'] ?? ''
}

/**
 * @param nowMs wall clock, ms since 1970. It stands for a creation time that is missing or unreadable.
 * @returns times in ms since 1970 by the cluster's clock, which has whole seconds. `phase` is `Unknown` if missing.
 */
export function podView(pod: V1Pod, nowMs: number): PodView {
  const { metadata, spec, status } = pod
  const labels = metadata?.labels ?? {}
  const container = status?.containerStatuses?.[0]
  const readyAtMs = ms(condition(pod, 'Ready')?.lastTransitionTime)
  const ready = condition(pod, 'Ready')?.status === 'True'
  const terminated = container?.state?.terminated
  const diedAtMs = ms(terminated?.finishedAt)
  const problem = problemOf(pod)
  const createdAtMs = ms(metadata?.creationTimestamp) ?? nowMs
  return {
    job: jobIn(labels),
    pod: {
      name: metadata?.name ?? '',
      uid: metadata?.uid ?? '',
      alias: aliasOf(metadata?.uid ?? ''),
      ip: status?.podIP ?? '',
      node: spec?.nodeName ?? '',
      zone: labels[ZONE] ?? '',
      startedAt: new Date(ms(container?.state?.running?.startedAt) ?? createdAtMs).toISOString(),
    },
    createdAtMs,
    phase: phaseOf(status?.phase),
    ready,
    deleting: Boolean(metadata?.deletionTimestamp),
    progress: progressOf(pod, problem),
    ...(ready && readyAtMs !== undefined ? { readyAtMs } : {}),
    ...(diedAtMs === undefined ? {} : { diedAtMs }),
    ...(terminated ? { exit: exitOf(terminated) } : {}),
    ...(problem ? { problem } : {}),
  }
}

function exitOf({ exitCode, reason }: V1ContainerStateTerminated): Exit {
  return { code: exitCode, ...(reason ? { reason } : {}) }
}

/** The steps of a pod start in their order. Condition times have whole seconds. */
function progressOf(pod: V1Pod, problem: string | undefined): Progress {
  const isoTime = (date: Date | null | undefined): string | null => {
    const time = ms(date)
    return time === undefined ? null : new Date(time).toISOString()
  }
  const trueSince = (type: string): string | null => {
    const found = condition(pod, type)
    return found?.status === 'True' ? isoTime(found.lastTransitionTime) : null
  }
  const steps: Progress = [
    { step: 'created', at: isoTime(pod.metadata?.creationTimestamp) },
    { step: 'scheduled', at: trueSince('PodScheduled') },
    // Beta since Kubernetes 1.29 (pod-lifecycle, "Pod network readiness"). An older kubelet does not set this condition.
    ...(condition(pod, 'PodReadyToStartContainers')
      ? [{ step: 'network' as const, at: trueSince('PodReadyToStartContainers') }]
      : []),
    { step: 'started', at: isoTime(pod.status?.containerStatuses?.[0]?.state?.running?.startedAt) },
    { step: 'ready', at: trueSince('Ready') },
  ]
  const stuck = steps.find((step) => step.at === null)
  if (stuck && problem) stuck.problem = problem
  return steps
}

/** Returns why a pod does not start or has failed. ContainerCreating and PodInitializing are normal. */
function problemOf(pod: V1Pod): string | undefined {
  const scheduled = condition(pod, 'PodScheduled')
  if (scheduled?.status === 'False') return scheduled.reason
  const waiting = pod.status?.containerStatuses?.[0]?.state?.waiting?.reason
  if (waiting && waiting !== 'ContainerCreating' && waiting !== 'PodInitializing') return waiting
  if (pod.status?.phase !== 'Failed') return undefined
  const code = pod.status.containerStatuses?.[0]?.state?.terminated?.exitCode
  return pod.status.reason ?? (code === undefined ? 'Failed' : `Exited with code ${code}`)
}

function phaseOf(phase: string | undefined): PodView['phase'] {
  switch (phase) {
    case 'Pending':
    case 'Running':
    case 'Succeeded':
    case 'Failed':
      return phase
    default:
      return 'Unknown'
  }
}

function condition(pod: V1Pod, type: string): V1PodCondition | undefined {
  return pod.status?.conditions?.find(({ type: found }) => found === type)
}

/**
 * The client returns Date, and its own subclass for MicroTime. It passes `null` on, and parses other text to an invalid Date.
 * @returns ms since 1970; undefined for no time or an invalid one.
 */
export function ms(date: Date | null | undefined): number | undefined {
  const time = date ? new Date(date).getTime() : Number.NaN
  return Number.isNaN(time) ? undefined : time
}
