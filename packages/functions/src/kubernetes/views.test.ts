import type { V1Job, V1Pod, V1PodCondition } from '@kubernetes/client-node'
import { describe, expect, it } from 'vitest'
import { jobView, podView } from './views.ts'

/** Seconds after the Job was asked for, as a cluster answered on a real node; the client makes Dates of its times. */
const at = (seconds: number): Date => new Date(Date.UTC(2026, 8, 21, 14, 13, 20 + seconds))
const isoTime = (seconds: number): string => at(seconds).toISOString()
const NOW = at(60).getTime()

function job(more: Partial<V1Job> = {}): V1Job {
  return {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: {
      name: 'warm-0-1-bcdfg',
      uid: '0c7c2b4e-5a2e-4b7a-9b39-0c3c3f1d2a11',
      resourceVersion: '812',
      creationTimestamp: at(0),
      labels: {
        'app.kubernetes.io/name': 'warm-pods',
        assigned: 'false',
        pool: 'warm',
        'warm-pods/spec': '0123456789ab',
      },
    },
    status: { active: 1, ready: 1, startTime: at(0) },
    ...more,
  }
}

function condition(type: string, status: string, seconds: number, reason?: string): V1PodCondition {
  return { type, status, lastTransitionTime: at(seconds), ...(reason ? { reason } : {}) }
}

/** A pod that became Ready after 1.4 s, with what a test wants otherwise. */
function pod(status: V1Pod['status'] = {}, metadata: V1Pod['metadata'] = {}): V1Pod {
  return {
    metadata: {
      name: 'warm-0-1-bcdfg-x2k9p',
      uid: '5f1d3c1e-7a4b-4c55-9a3e-1f0b7a9d2c33',
      creationTimestamp: at(0),
      labels: {
        'batch.kubernetes.io/job-name': 'warm-0-1-bcdfg',
        'job-name': 'warm-0-1-bcdfg',
        'topology.kubernetes.io/zone': 'eu-west-1b',
        assigned: 'false',
      },
      ...metadata,
    },
    spec: { nodeName: 'node-1', containers: [] },
    status: {
      phase: 'Running',
      podIP: '10.88.0.17',
      conditions: [
        condition('PodReadyToStartContainers', 'True', 1),
        condition('Initialized', 'True', 0),
        condition('Ready', 'True', 2),
        condition('ContainersReady', 'True', 2),
        condition('PodScheduled', 'True', 0),
      ],
      containerStatuses: [container({ running: { startedAt: at(1) } }, true)],
      ...status,
    },
  }
}

function container(state: NonNullable<ReturnType<typeof statuses>>[number]['state'], ready = false) {
  return { name: 'echo', image: 'echo:1', imageID: '', ready, restartCount: 0, ...(state ? { state } : {}) }
}

function statuses(p: V1Pod) {
  return p.status?.containerStatuses
}

describe(jobView, () => {
  it('reads an active Job', () => {
    expect(jobView(job(), NOW)).toEqual({
      name: 'warm-0-1-bcdfg',
      uid: '0c7c2b4e-5a2e-4b7a-9b39-0c3c3f1d2a11',
      resourceVersion: '812',
      createdAtMs: at(0).getTime(),
      state: 'active',
    })
  })

  it('reads the session from the labels', () => {
    const labels = { assigned: 'true', 'session-id': 'ada' }
    expect(jobView(job({ metadata: { labels } }), NOW)).toMatchObject({ sessionId: 'ada' })
  })

  it.each([
    ['complete', [{ type: 'Complete', status: 'True' }]],
    ['complete', [{ type: 'SuccessCriteriaMet', status: 'True' }]],
    ['failed', [{ type: 'Failed', status: 'True', reason: 'BackoffLimitExceeded' }]],
    ['failed', [{ type: 'FailureTarget', status: 'True', reason: 'DeadlineExceeded' }]],
    ['active', [{ type: 'Complete', status: 'False' }]],
    ['active', [{ type: 'Suspended', status: 'True' }]],
    ['active', []],
  ])('is %s by its conditions, also by those that announce it: %o', (state, conditions) => {
    expect(jobView(job({ status: { conditions } }), NOW).state).toBe(state)
  })

  it('is deleting once it has a deletion timestamp, even if it is complete or failed', () => {
    const metadata = { deletionTimestamp: at(5), finalizers: ['foregroundDeletion'] }
    const status = { conditions: [{ type: 'Complete', status: 'True' }] }
    expect(jobView(job({ metadata, status }), NOW).state).toBe('deleting')
  })
})

describe(podView, () => {
  it('reads a Ready pod', () => {
    expect(podView(pod(), NOW)).toEqual({
      job: 'warm-0-1-bcdfg',
      pod: {
        name: 'warm-0-1-bcdfg-x2k9p',
        uid: '5f1d3c1e-7a4b-4c55-9a3e-1f0b7a9d2c33',
        alias: expect.stringMatching(/^[a-z]+-[a-z]+$/),
        ip: '10.88.0.17',
        node: 'node-1',
        zone: 'eu-west-1b',
        startedAt: isoTime(1),
      },
      createdAtMs: at(0).getTime(),
      phase: 'Running',
      ready: true,
      deleting: false,
      readyAtMs: at(2).getTime(),
      progress: [
        { step: 'created', at: isoTime(0) },
        { step: 'scheduled', at: isoTime(0) },
        { step: 'network', at: isoTime(1) },
        { step: 'started', at: isoTime(1) },
        { step: 'ready', at: isoTime(2) },
      ],
    })
  })

  it('has no problem while its container is created', () => {
    const view = podView(
      pod({
        phase: 'Pending',
        conditions: [
          condition('PodScheduled', 'True', 0),
          condition('Ready', 'False', 0, 'ContainersNotReady'),
        ],
        containerStatuses: [container({ waiting: { reason: 'ContainerCreating' } })],
      }),
      NOW,
    )
    expect(view).toMatchObject({ phase: 'Pending', ready: false })
    expect(view.problem).toBeUndefined()
    expect(view.readyAtMs).toBeUndefined()
    expect(view.progress.map((p) => p.at)).toEqual([isoTime(0), isoTime(0), null, null])
  })

  it.each(['ImagePullBackOff', 'ErrImagePull', 'CrashLoopBackOff', 'CreateContainerConfigError'])(
    'says %s in Kubernetes’ own word, at the step that is stuck',
    (reason) => {
      const view = podView(
        pod({
          phase: 'Pending',
          conditions: [condition('PodScheduled', 'True', 0)],
          containerStatuses: [container({ waiting: { reason } })],
        }),
        NOW,
      )
      expect(view.problem).toBe(reason)
      expect(view.progress[2]).toEqual({ step: 'started', at: null, problem: reason })
    },
  )

  it('reports that no node has room', () => {
    const conditions = [condition('PodScheduled', 'False', 0, 'Unschedulable')]
    const { nodeName: _nodeName, ...spec } = pod().spec ?? { containers: [] }
    const view = podView({ ...pod({ phase: 'Pending', conditions, containerStatuses: [] }), spec }, NOW)
    expect(view).toMatchObject({ problem: 'Unschedulable', ready: false, pod: { node: '' } })
    expect(view.progress[1]).toEqual({ step: 'scheduled', at: null, problem: 'Unschedulable' })
  })

  it('reads the time of death by the cluster’s clock, the exit code and its reason', () => {
    const terminated = { exitCode: 143, reason: 'Error', finishedAt: at(30), startedAt: at(1) }
    const view = podView(
      pod({
        phase: 'Failed',
        conditions: [condition('Ready', 'False', 30, 'PodFailed'), condition('PodScheduled', 'True', 0)],
        containerStatuses: [container({ terminated })],
      }),
      NOW,
    )
    expect(view).toMatchObject({
      phase: 'Failed',
      ready: false,
      diedAtMs: at(30).getTime(),
      exit: { code: 143, reason: 'Error' },
      problem: 'Exited with code 143',
    })
  })

  it('includes the step network if the kubelet sets its condition', () => {
    const conditions = [
      condition('PodScheduled', 'True', 0),
      condition('PodReadyToStartContainers', 'False', 0),
    ]
    const view = podView(pod({ phase: 'Pending', conditions, containerStatuses: [] }), NOW)
    expect(view.progress[2]).toEqual({ step: 'network', at: null })
    expect(view.progress.map(({ step }) => step)).toEqual([
      'created',
      'scheduled',
      'network',
      'started',
      'ready',
    ])
  })

  it('is deleting once it has a deletion timestamp', () => {
    expect(podView(pod({}, { deletionTimestamp: at(9), deletionGracePeriodSeconds: 5 }), NOW).deleting).toBe(
      true,
    )
  })

  it('reads a pod without status', () => {
    const view = podView({ metadata: { name: 'p', uid: 'u', creationTimestamp: at(0) } }, NOW)
    expect(view).toMatchObject({ job: '', phase: 'Unknown', ready: false, deleting: false })
    expect(view.pod).toMatchObject({ ip: '', node: '', zone: '', startedAt: isoTime(0) })
    expect(view.progress.map((p) => p.at)).toEqual([isoTime(0), null, null, null])
  })
  it.each([
    ['null', null],
    ['text that is no time', new Date('soon')],
  ])('reads a pod and a Job whose times are %s, and counts them as new', (_, odd) => {
    const time = odd as Date
    const conditions = [{ type: 'Ready', status: 'True', lastTransitionTime: time }]
    const containerStatuses = [
      {
        name: 'echo',
        image: '',
        imageID: '',
        ready: true,
        restartCount: 0,
        state: { running: { startedAt: time } },
      },
    ]
    const view = podView(pod({ conditions, containerStatuses }, { creationTimestamp: time }), NOW)
    expect(view).toMatchObject({
      createdAtMs: NOW,
      ready: true,
      pod: { startedAt: new Date(NOW).toISOString() },
    })
    expect(view).not.toHaveProperty('readyAtMs')
    expect(view.progress.map((p) => p.at)).toEqual([null, null, null, null])
    expect(jobView(job({ metadata: { creationTimestamp: time } }), NOW).createdAtMs).toBe(NOW)
  })

  it('is not deleting when its deletion timestamp is null', () => {
    const deletionTimestamp = null as unknown as Date
    expect(podView(pod({}, { deletionTimestamp }), NOW).deleting).toBe(false)
  })
})
