/**
 * `spec.podFailurePolicy` of a Job: whether a pod's failure counts, is ignored, or fails the Job. The first matching
 * rule decides (k8s.io/kubernetes/pkg/controller/job/pod_failure_policy.go).
 */

import type { Job, Pod, PodFailurePolicyRule } from '../types.ts'

/** `message` is set when the failure fails the Job. */
export interface Verdict {
  counts: boolean
  message?: string
}

function matchingExit(
  rule: PodFailurePolicyRule,
  pod: Pod,
): { container: string; exitCode: number } | undefined {
  const { onExitCodes: on } = rule
  if (!on) return undefined
  for (const { name, state } of pod.status.containerStatuses ?? []) {
    const exitCode = state.terminated?.exitCode
    if (exitCode === undefined || exitCode === 0 || (on.containerName && on.containerName !== name)) continue
    if (on.values.includes(exitCode) === (on.operator === 'In')) return { container: name, exitCode }
  }
  return undefined
}

function matchesCondition(rule: PodFailurePolicyRule, pod: Pod): boolean {
  return (rule.onPodConditions ?? []).some(({ type, status = 'True' }) =>
    pod.status.conditions?.some((condition) => condition.type === type && condition.status === status),
  )
}

/** Returns how to treat a failed pod of `job`. Without a policy every failure counts. */
export function judgeFailure(job: Job, pod: Pod): Verdict {
  for (const [index, rule] of (job.spec.podFailurePolicy?.rules ?? []).entries()) {
    const exit = matchingExit(rule, pod)
    if (!exit && !matchesCondition(rule, pod)) continue
    if (rule.action === 'Ignore') return { counts: false }
    if (rule.action !== 'FailJob') return { counts: true }
    const who = `pod ${pod.metadata.namespace}/${pod.metadata.name}`
    const why = exit
      ? `Container ${exit.container} for ${who} failed with exit code ${exit.exitCode}`
      : `Pod ${pod.metadata.namespace}/${pod.metadata.name} has a condition`
    return { counts: true, message: `${why} matching FailJob rule at index ${index}` }
  }
  return { counts: true }
}
