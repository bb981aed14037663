/** Computes the status of a pod from the facts about its containers: phase, conditions and container states. */

import { conditionOf } from '../pod-predicates.ts'
import { timestamp } from '../rfc3339.ts'
import type { Condition, ContainerState, ContainerStatus, Pod, PodPhase, PodStatus } from '../types.ts'

/** The kubelet's facts about one container. */
export interface ContainerFacts {
  name: string
  image: string
  state: ContainerState
  lastState: ContainerState
  ready: boolean
  started: boolean
  restartCount: number
  containerID?: string
}
/** The kubelet's facts about a pod. `ended` is true once no container will run again. */
export interface PodFacts {
  startTime: string
  hostIp: string
  podIp?: string
  sandbox: boolean
  ended: boolean
  /** Set when the kubelet itself ended the pod. */
  evicted?: { reason: string; message: string }
  containers: readonly ContainerFacts[]
}

function phaseOf(facts: PodFacts): PodPhase {
  const states = facts.containers.map(({ state }) => state)
  if (facts.evicted && facts.ended) return 'Failed'
  if (facts.ended)
    return states.every(({ terminated }) => terminated?.exitCode === 0) ? 'Succeeded' : 'Failed'
  const waiting = facts.containers.some(({ state, lastState }) => state.waiting && !lastState.terminated)
  return waiting ? 'Pending' : 'Running'
}

interface ConditionInput {
  type: string
  holds: boolean
  reason?: string | undefined
  message?: string | undefined
}

function conditionsOf(pod: Pod, facts: PodFacts, phase: PodPhase): ConditionInput[] {
  const unready = facts.containers.filter(({ ready }) => !ready).map(({ name }) => name)
  const terminalReason = phase === 'Succeeded' ? 'PodCompleted' : 'PodFailed'
  const over = phase === 'Succeeded' || phase === 'Failed'
  const why = over
    ? { reason: terminalReason }
    : { reason: 'ContainersNotReady', message: `containers with unready status: [${unready.join(' ')}]` }
  const ready = unready.length === 0 && !over
  const initialized = phase === 'Succeeded' ? { reason: 'PodCompleted' } : {}
  return [
    { type: 'PodReadyToStartContainers', holds: facts.sandbox },
    { type: 'Initialized', holds: true, ...initialized },
    { type: 'Ready', holds: ready, ...(ready ? {} : why) },
    { type: 'ContainersReady', holds: ready, ...(ready ? {} : why) },
    { type: 'PodScheduled', holds: conditionOf(pod.status.conditions, 'PodScheduled')?.status === 'True' },
  ]
}

function condition(pod: Pod, { type, holds, reason, message }: ConditionInput): Condition {
  const status = holds ? 'True' : 'False'
  const earlier = conditionOf(pod.status.conditions, type)
  const { generation } = pod.metadata
  return {
    type,
    ...(generation === undefined ? {} : { observedGeneration: generation }),
    status,
    lastProbeTime: null,
    lastTransitionTime: earlier?.status === status ? earlier.lastTransitionTime : timestamp(),
    ...(reason ? { reason } : {}),
    ...(message ? { message } : {}),
  }
}

function containerStatus({
  name,
  image,
  state,
  lastState,
  ready,
  started,
  restartCount,
  containerID,
}: ContainerFacts): ContainerStatus {
  return {
    name,
    state,
    lastState,
    ready,
    restartCount,
    image,
    // There is no image with a digest: the process runs the repository's code.
    imageID: containerID ? image : '',
    ...(containerID ? { containerID } : {}),
    started,
    ...(containerID ? { resources: {} } : {}),
  }
}

/**
 * Returns the status to write. A condition that did not change keeps its transition time. Conditions of others, such as
 * DisruptionTarget, stay.
 */
export function podStatus(pod: Pod, facts: PodFacts): PodStatus {
  const phase = phaseOf(facts)
  const { generation } = pod.metadata
  const { podIp, hostIp } = facts
  const own = conditionsOf(pod, facts, phase)
  const others = (pod.status.conditions ?? []).filter(({ type }) => own.every((one) => one.type !== type))
  return {
    ...(generation === undefined ? {} : { observedGeneration: generation }),
    phase,
    conditions: [...others, ...own.map((input) => condition(pod, input))],
    ...facts.evicted,
    hostIP: hostIp,
    hostIPs: [{ ip: hostIp }],
    ...(podIp ? { podIP: podIp, podIPs: [{ ip: podIp }] } : {}),
    startTime: facts.startTime,
    containerStatuses: facts.containers.map(containerStatus),
    ...(pod.status.qosClass ? { qosClass: pod.status.qosClass } : {}),
  }
}
