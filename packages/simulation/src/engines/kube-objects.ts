/** Kubernetes API objects, made from the Jobs and pods of {@link MemoryKube}. */
import type { V1Job, V1JobCondition, V1Pod, V1PodCondition } from '@kubernetes/client-node'
import type { PodProcess } from './pod-process.ts'

export interface SimJob {
  readonly name: string
  readonly uid: string
  readonly createdMs: number
  readonly manifest: V1Job
  labels: Record<string, string>
  version: number
  failed: number
  /** When the next pod is due, virtual ms. */
  nextPodMs: number | undefined
  ended: { type: 'Complete' | 'Failed'; reason: string; atMs: number } | undefined
}

export interface SimPod {
  readonly name: string
  readonly uid: string
  readonly jobName: string
  readonly jobUid: string
  readonly createdMs: number
  readonly node: string
  readonly ip: string
  labels: Record<string, string>
  version: number
  startedMs: number | undefined
  /** The Ready condition; `readyChangedMs` is its last transition. */
  ready: boolean
  readyChangedMs: number | undefined
  /** The waiting reason of its container, if it is not `ContainerCreating`. */
  waiting: string | undefined
  deletion: { untilMs: number; graceS: number } | undefined
  exit: { code: number; atMs: number } | undefined
  /** Whether its Job has counted its end. */
  counted: boolean
  process: PodProcess | undefined
}

/** Rounds down to whole seconds, as metav1.Time does. */
function time(ms: number): Date {
  return new Date(Math.floor(ms / 1_000) * 1_000)
}

/** Returns the V1Job of a simulated Job. */
export function jobObject(job: SimJob): V1Job {
  const { ended } = job
  const conditions: V1JobCondition[] = ended
    ? [{ type: ended.type, status: 'True', reason: ended.reason, lastTransitionTime: time(ended.atMs) }]
    : []
  return {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: {
      name: job.name,
      uid: job.uid,
      resourceVersion: String(job.version),
      creationTimestamp: time(job.createdMs),
      labels: { ...job.labels },
    },
    status: { failed: job.failed, conditions },
  }
}

/** Returns the V1Pod of a simulated pod. */
export function podObject(pod: SimPod): V1Pod {
  const { exit, deletion } = pod
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name: pod.name,
      uid: pod.uid,
      resourceVersion: String(pod.version),
      creationTimestamp: time(pod.createdMs),
      labels: { ...pod.labels, 'batch.kubernetes.io/job-name': pod.jobName, 'job-name': pod.jobName },
      ...(deletion
        ? { deletionTimestamp: time(deletion.untilMs), deletionGracePeriodSeconds: deletion.graceS }
        : {}),
    },
    spec: { nodeName: pod.node, containers: [] },
    status: {
      phase: exit
        ? exit.code === 0
          ? 'Succeeded'
          : 'Failed'
        : pod.startedMs === undefined
          ? 'Pending'
          : 'Running',
      podIP: pod.ip,
      conditions: conditionsOf(pod),
      containerStatuses: [
        {
          name: 'echo',
          image: '',
          imageID: '',
          ready: pod.ready,
          restartCount: 0,
          state: exit
            ? { terminated: { exitCode: exit.code, finishedAt: time(exit.atMs) } }
            : pod.startedMs !== undefined
              ? { running: { startedAt: time(pod.startedMs) } }
              : { waiting: { reason: pod.waiting ?? 'ContainerCreating' } },
        },
      ],
    },
  }
}

function conditionsOf({ createdMs, startedMs, ready, readyChangedMs }: SimPod): V1PodCondition[] {
  return [
    { type: 'PodScheduled', status: 'True', lastTransitionTime: time(createdMs) },
    ...(startedMs === undefined
      ? []
      : [{ type: 'PodReadyToStartContainers', status: 'True', lastTransitionTime: time(startedMs) }]),
    {
      type: 'Ready',
      status: ready ? 'True' : 'False',
      lastTransitionTime: time(readyChangedMs ?? createdMs),
    },
  ]
}
