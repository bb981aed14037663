import { describe, expect, it } from 'vitest'
import type { ContainerState, Pod } from '../types.ts'
import { podCells } from './print-pod.ts'

interface Change {
  state?: ContainerState
  lastState?: ContainerState
  ready?: boolean
  restarts?: number
  phase?: Pod['status']['phase']
  deleted?: boolean
}

function pod({
  state = {},
  lastState = {},
  ready = false,
  restarts = 0,
  phase = 'Running',
  deleted = false,
}: Change): Pod {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name: 'p',
      uid: 'u',
      resourceVersion: '1',
      creationTimestamp: new Date().toISOString(),
      ...(deleted ? { deletionTimestamp: 'x' } : {}),
    },
    spec: {
      containers: [{ name: 'c', image: 'i', imagePullPolicy: 'Always', resources: {} }],
      restartPolicy: 'Never',
      terminationGracePeriodSeconds: 1,
    },
    status: {
      phase,
      conditions: [{ type: 'Ready', status: ready ? 'True' : 'False', lastTransitionTime: '' }],
      containerStatuses: [
        {
          name: 'c',
          state,
          lastState,
          ready,
          restartCount: restarts,
          image: 'i',
          imageID: '',
          started: true,
        },
      ],
    },
  }
}
const terminated = (exitCode: number, reason: string) => ({
  terminated: { exitCode, reason, startedAt: null, finishedAt: new Date(Date.now() - 5500).toISOString() },
})

describe(podCells, () => {
  it.each<[string, Change, string[]]>([
    ['a ready pod', { state: { running: { startedAt: '' } }, ready: true }, ['1/1', 'Running', '0']],
    [
      'a pod whose container is being created',
      { state: { waiting: { reason: 'ContainerCreating' } }, phase: 'Pending' },
      ['0/1', 'ContainerCreating', '0'],
    ],
    [
      'a terminating pod',
      { state: { running: { startedAt: '' } }, ready: true, deleted: true },
      ['1/1', 'Terminating', '0'],
    ],
    ['one that failed', { state: terminated(143, 'Error'), phase: 'Failed' }, ['0/1', 'Error', '0']],
    [
      'a pod that failed while it was terminating',
      { state: terminated(143, 'Error'), phase: 'Failed', deleted: true },
      ['0/1', 'Error', '0'],
    ],
    ['a completed pod', { state: terminated(0, 'Completed'), phase: 'Succeeded' }, ['0/1', 'Completed', '0']],
    [
      'a pod that crashes',
      { state: { waiting: { reason: 'CrashLoopBackOff' } }, lastState: terminated(1, 'Error'), restarts: 2 },
      ['0/1', 'CrashLoopBackOff', '2 (5s ago)'],
    ],
    [
      'a pod whose image is missing',
      { state: { waiting: { reason: 'ImagePullBackOff' } }, phase: 'Pending' },
      ['0/1', 'ImagePullBackOff', '0'],
    ],
  ])('shows %s', (_title, change, expected) => {
    expect(podCells(pod(change)).slice(1, 4)).toEqual(expected)
  })
})
