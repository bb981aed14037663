/**
 * The row of a pod in `kubectl get pods`. It decides which state appears as STATUS (printPod in
 * k8s.io/kubernetes/pkg/printers/internalversion/printers.go).
 */

import { isFinished, isReady } from '../pod-predicates.ts'
import { millisOf } from '../rfc3339.ts'
import type { ContainerStatus, Pod } from '../types.ts'
import { age, humanDuration } from './human-duration.ts'

function stateReason({ state }: ContainerStatus): string | undefined {
  if (state.waiting?.reason) return state.waiting.reason
  if (state.terminated) return state.terminated.reason || `ExitCode:${state.terminated.exitCode}`
  return undefined
}

function statusOf(pod: Pod, containers: readonly ContainerStatus[]): string {
  let reason = pod.status.reason || pod.status.phase
  let error = ''
  for (const container of containers.toReversed()) {
    reason = stateReason(container) ?? reason
    if (container.state.terminated && container.state.terminated.exitCode !== 0) error = reason
  }
  const running = containers.some(({ ready, state }) => ready && state.running)
  if (reason === 'Completed' && running) reason = isReady(pod) ? 'Running' : error || 'NotReady'
  else if (reason === 'Completed' && error) reason = error
  return pod.metadata.deletionTimestamp && !isFinished(pod) ? 'Terminating' : reason
}

function restartsOf(containers: readonly ContainerStatus[]): string {
  const restarts = containers.reduce((sum, { restartCount }) => sum + restartCount, 0)
  const last = containers
    .flatMap(({ lastState }) => lastState.terminated?.finishedAt ?? [])
    .toSorted()
    .at(-1)
  return restarts > 0 && last
    ? `${restarts} (${humanDuration(Date.now() - millisOf(last))} ago)`
    : String(restarts)
}

/**
 * Returns the cells, those of `-o wide` included: Name, Ready, Status, Restarts, Age, IP, Node, Nominated Node,
 * Readiness Gates.
 */
export function podCells(pod: Pod): string[] {
  const containers = pod.status.containerStatuses ?? []
  const ready = containers.filter((one) => one.ready && one.state.running).length
  return [
    pod.metadata.name,
    `${ready}/${pod.spec.containers.length}`,
    statusOf(pod, containers),
    restartsOf(containers),
    age(pod.metadata.creationTimestamp),
    pod.status.podIP || '<none>',
    pod.spec.nodeName || '<none>',
    '<none>',
    '<none>',
  ]
}
