/**
 * Runs the same tests of the product's adapter on the simulation's Kubernetes and on the local engine with real
 * processes.
 */
import { LABELS } from '@warm-pods/core/identity/names.ts'
import { newPodKey } from '@warm-pods/core/identity/token.ts'
import type { PodView } from '@warm-pods/core/state/cluster-view.ts'
import { describe, expect, it } from 'vitest'
import { inMemory, type KubeTarget, overHttp } from './_kube-targets.ts'

const JOB = 'warm-1-1-bcdfg'
const create = ({ cluster }: KubeTarget, name = JOB) =>
  cluster.createJob({ name, key: newPodKey(), labels: { [LABELS.assigned]: 'false' } })

function readyPod({ cluster, eventually }: KubeTarget, notUid?: string): Promise<PodView> {
  return eventually('a Ready pod', async () =>
    (await cluster.inspect(JOB)).pods.find((p) => p.ready && !p.deleting && p.pod.uid !== notUid),
  )
}

describe.each([
  ['in memory', inMemory],
  ['over HTTP', overHttp],
])('Kubernetes %s', (_name, open) => {
  it('creates a pod for a Job, which becomes Ready step by step', async () => {
    await using target = await open()
    expect(await create(target)).toEqual({ result: 'created' })
    const { progress, phase, readyAtMs, createdAtMs, pod, ...rest } = await readyPod(target)
    expect(rest).toMatchObject({ job: JOB, deleting: false })
    expect(phase).toBe('Running')
    expect(progress.map(({ step }) => step)).toEqual(['created', 'scheduled', 'network', 'started', 'ready'])
    const times = progress.map(({ at }) => Date.parse(at ?? ''))
    expect(times).toEqual([...times].sort((a, b) => a - b))
    expect(readyAtMs).toBeGreaterThanOrEqual(createdAtMs)
    expect(createdAtMs % 1_000).toBe(0)
    expect(pod.ip).not.toBe('')
    const { jobs } = await target.cluster.list()
    expect(jobs).toMatchObject([{ name: JOB, state: 'active' }])
    expect(jobs[0]).not.toHaveProperty('sessionId')
  })

  it('creates a Job once, and no more Jobs than the quota allows', async () => {
    await using target = await open()
    await create(target)
    expect(await create(target)).toEqual({ result: 'exists' })
    await create(target, 'warm-2-1-bcdfg')
    await create(target, 'warm-3-1-bcdfg')
    expect(await create(target, 'warm-4-1-bcdfg')).toEqual({ result: 'quota' })
  })

  it('labels a Job and its pod, and ignores objects that no longer exist', async () => {
    await using target = await open()
    await create(target)
    const { pod } = await readyPod(target)
    const labels = { [LABELS.assigned]: 'true', [LABELS.sessionId]: 'a'.repeat(32) }
    await target.cluster.label(JOB, pod.name, labels)
    expect(await target.cluster.getJob(JOB)).toMatchObject({ sessionId: 'a'.repeat(32) })
    expect(await target.labels('jobs', JOB)).toMatchObject(labels)
    expect(await target.labels('pods', pod.name)).toMatchObject(labels)
    await target.cluster.label('warm-9-1-none', 'none', { [LABELS.assigned]: 'true' })
  })

  it('deletes a Job with its pods, only with the right uid, and once', async () => {
    await using target = await open()
    const { cluster } = target
    await create(target)
    const { uid = '', resourceVersion = '' } = (await cluster.getJob(JOB)) ?? {}
    const { pod } = await readyPod(target)
    await cluster.label(JOB, pod.name, { [LABELS.assigned]: 'true' })
    expect(await cluster.deleteJob(JOB, { uid: crypto.randomUUID() })).toBe(false)
    expect(await cluster.deleteJob(JOB, { uid, resourceVersion })).toBe(false)
    expect(await cluster.deleteJob(JOB, { uid })).toBe(true)
    expect(await cluster.deleteJob(JOB, { uid })).toBe(false)
    expect(await cluster.getJob(JOB)).toBeUndefined()
    await target.eventually('its pods to go', async () => (await cluster.list()).pods.length === 0)
  })

  it('deletes a pod by its uid, and its Job creates another after the back-off', async () => {
    await using target = await open()
    const { cluster } = target
    await create(target)
    const { pod } = await readyPod(target)
    expect(await cluster.deletePod(pod.name, crypto.randomUUID(), 5_000)).toBeUndefined()
    const died = await cluster.deletePod(pod.name, pod.uid, 5_000)
    expect(died?.diedAtMs).toBeGreaterThan(0)
    expect((await cluster.inspect(JOB)).pods.filter((p) => p.pod.uid !== pod.uid)).toEqual([])
    const next = await readyPod(target, pod.uid)
    expect(next.pod.name).not.toBe(pod.name)
    await target.eventually('the old one to go', async () =>
      (await cluster.inspect(JOB)).pods.every((p) => p.pod.uid !== pod.uid),
    )
    expect(await cluster.deletePod(pod.name, pod.uid, 5_000)).toBeUndefined()
    expect(await cluster.getJob(JOB)).toMatchObject({ state: 'active' })
  })

  it('keeps a crashed pod with its time and exit code, and creates another', async () => {
    await using target = await open()
    await create(target)
    const first = await readyPod(target)
    await target.end(first, 1)
    await readyPod(target, first.pod.uid)
    const { pods } = await target.cluster.inspect(JOB)
    expect(pods.find((p) => p.pod.uid === first.pod.uid)).toMatchObject({
      phase: 'Failed',
      ready: false,
      deleting: false,
      diedAtMs: expect.any(Number),
      problem: 'Exited with code 1',
    })
  })

  it('completes a Job whose pod exits 0, and creates no other pod', async () => {
    await using target = await open()
    await create(target)
    const first = await readyPod(target)
    await target.end(first, 0)
    await target.eventually('the Job to complete', async () => {
      const job = await target.cluster.getJob(JOB)
      return job?.state === 'complete'
    })
    const { pods } = await target.cluster.inspect(JOB)
    expect(pods).toMatchObject([{ phase: 'Succeeded', ready: false }])
  })

  it('reports the next change of a pod, and none without a change', async () => {
    await using target = await open()
    await create(target)
    await readyPod(target)
    const never = new AbortController().signal
    const { resourceVersion, pods } = await target.cluster.list()
    const times = { timeoutMs: 300.18, gatherMs: 0 }
    const none = await target.cluster.nextChange(resourceVersion, times, never)
    expect(none).toEqual({ jobs: [], resourceVersion })
    expect(Number(await target.cluster.podsVersion())).toBeGreaterThanOrEqual(Number(resourceVersion))
    const [found] = pods
    if (found) await target.end(found, 1)
    const changed = await target.cluster.nextChange(resourceVersion, { ...times, timeoutMs: 60_000 }, never)
    expect(changed.jobs).toEqual([JOB])
    expect(Number(changed.resourceVersion)).toBeGreaterThan(Number(resourceVersion))
    const now = (await target.cluster.list()).resourceVersion
    expect(Number(now)).toBeGreaterThan(Number(resourceVersion))
  })
})
