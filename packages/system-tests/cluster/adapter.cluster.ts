/** The product's adapter on a real API server, with refill's rights only. */
import type { V1Job, V1Node, V1Pod } from '@kubernetes/client-node'
import { LABELS } from '@warm-pods/core/identity/names.ts'
import type { Cluster } from '@warm-pods/functions/kubernetes/cluster.ts'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { kubectlJson } from './_kubectl.ts'
import { openNamespace, type TestNamespace } from './_namespace.ts'
import { createJob, readyPod, until } from './_pods.ts'

let namespace: TestNamespace
let cluster: Cluster
beforeAll(async () => {
  namespace = await openNamespace()
  cluster = namespace.adapter()
})
afterAll(() => namespace?.[Symbol.asyncDispose]())

/** A signal that is never aborted. */
const { signal: never } = new AbortController()
const get = <T>(kind: string, name: string) => namespace.json<T>('get', kind, name)

describe('reading', () => {
  it('returns the version of Kubernetes', async () => {
    const { serverVersion } = await kubectlJson<{ serverVersion: { gitVersion: string } }>(['version'])
    expect(await cluster.version()).toBe(serverVersion.gitVersion)
    expect(await cluster.version(true)).toBe(serverVersion.gitVersion)
  })

  it('finds no Job for an unknown name', async () => {
    expect(await cluster.getJob('warm-1-1-none')).toBeUndefined()
    expect(await cluster.inspect('warm-1-1-none')).toEqual({ jobs: [], pods: [] })
  })

  it('does not count the gateway among the pods of the pool', async () => {
    expect((await cluster.list()).pods).toEqual([])
  })
})

describe('a Job', () => {
  it('becomes a Ready pod with address, node and zone, step by step', async () => {
    const job = await createJob(cluster)
    const { pod, progress, phase, readyAtMs, createdAtMs, ...rest } = await readyPod(cluster, job)
    const node = await kubectlJson<V1Node>(['get', 'node', pod.node])
    expect(phase).toBe('Running')
    expect(rest).toMatchObject({ job: job.name, deleting: false })
    expect(pod.zone).toBe(node.metadata?.labels?.['topology.kubernetes.io/zone'] ?? '')
    expect(pod.ip).toBe((await get<V1Pod>('pod', pod.name)).status?.podIP)
    expect(progress.map(({ step }) => step)).toEqual(['created', 'scheduled', 'network', 'started', 'ready'])
    const times = progress.map(({ at }) => Date.parse(at ?? ''))
    expect(times).toEqual([...times].sort((a, b) => a - b))
    expect(readyAtMs).toBeGreaterThanOrEqual(createdAtMs)
    const log = await namespace.kubectl('logs', pod.name)
    expect(log).toContain('"event":"listening"')
    expect(log).not.toContain(job.key)
    expect(await cluster.deleteJob(job.name, {})).toBe(true)
  })

  it('is created once; a second create returns that it exists', async () => {
    const job = await createJob(cluster)
    expect(await cluster.createJob({ ...job, labels: {} })).toEqual({ result: 'exists' })
    const view = await cluster.getJob(job.name)
    expect(view).toMatchObject({ name: job.name, state: 'active' })
    expect((await cluster.list()).jobs).toContainEqual(expect.objectContaining({ uid: view?.uid }))
    await cluster.deleteJob(job.name, {})
  })

  it('and its pod get the labels of a claim; missing objects are ignored', async () => {
    const job = await createJob(cluster)
    const { pod } = await readyPod(cluster, job)
    const labels = { [LABELS.assigned]: 'true', [LABELS.sessionId]: 'a'.repeat(32) }
    await cluster.label(job.name, pod.name, labels)
    expect((await get<V1Job>('job', job.name)).metadata?.labels).toMatchObject(labels)
    expect((await get<V1Pod>('pod', pod.name)).metadata?.labels).toMatchObject(labels)
    expect(await cluster.getJob(job.name)).toMatchObject({ sessionId: 'a'.repeat(32) })
    await cluster.deleteJob(job.name, {})
    await cluster.label('warm-1-1-none', 'warm-1-1-none-x', labels)
  })

  it('is deleted with its pods, only with the right uid and version, and once', async () => {
    const job = await createJob(cluster)
    const { uid = '', resourceVersion = '' } = (await cluster.getJob(job.name)) ?? {}
    const { pod } = await readyPod(cluster, job)
    await cluster.label(job.name, pod.name, { [LABELS.assigned]: 'true' })
    expect(await cluster.deleteJob(job.name, { uid: crypto.randomUUID() })).toBe(false)
    expect(await cluster.deleteJob(job.name, { uid, resourceVersion })).toBe(false) // the label has changed its version
    expect(await cluster.deleteJob(job.name, { uid })).toBe(true)
    expect(await cluster.deleteJob(job.name, { uid })).toBe(false)
    await until('its pods to be removed', async () => (await cluster.inspect(job.name)).pods.length === 0)
  })

  it('is refused when the quota is used up', async () => {
    const job = await createJob(cluster)
    const used = (await cluster.list()).jobs.length
    const quota = (jobs: number) =>
      namespace.kubectl(
        'patch',
        'quota',
        'cap',
        '-p',
        JSON.stringify({ spec: { hard: { 'count/jobs.batch': String(jobs) } } }),
      )
    await quota(used)
    try {
      const refused = await until('the quota to be known', async () => {
        const result = await cluster.createJob({ name: 'warm-9-9-quota', key: job.key, labels: {} })
        if (result.result === 'quota') return result
        await cluster.deleteJob('warm-9-9-quota', {})
        return undefined
      })
      expect(refused).toEqual({ result: 'quota' })
      // The server checks the quota before the name. A repeated create must still return `exists`.
      const { name, key } = job
      expect(await cluster.createJob({ name, key, labels: {} })).toEqual({ result: 'exists' })
    } finally {
      await quota(16)
    }
    await cluster.deleteJob(job.name, {})
  })

  it('reports the problem when its image cannot be pulled', async () => {
    const other = namespace.adapter({ image: 'warm-pods/pod:there-is-none' })
    const job = await createJob(other)
    const stuck = await until('a problem', async () =>
      (await other.inspect(job.name)).pods.find(({ problem }) => problem),
    )
    expect(stuck.problem).toMatch(/^(ErrImagePull|ImagePullBackOff)$/)
    expect(stuck.progress.find(({ step }) => step === 'started')).toEqual({
      step: 'started',
      at: null,
      problem: stuck.problem,
    })
    await other.deleteJob(job.name, {})
  })
})

describe('waiting for a change', () => {
  // Changes to the pods of other tests would end the wait.
  beforeEach(() => until('a quiet namespace', async () => (await cluster.list()).pods.length === 0))

  it('ends with the first change after the version that was read', async () => {
    const { resourceVersion } = await cluster.list()
    const waited = cluster
      .nextChange(resourceVersion, { timeoutMs: 60_000, gatherMs: 0 }, never)
      .then(() => 'changed')
    const job = await createJob(cluster)
    expect(await waited).toBe('changed')
    expect((await cluster.inspect(job.name)).pods).toHaveLength(1)
    await cluster.deleteJob(job.name, {})
  })

  it('ends at its time-out without a change', async () => {
    const { resourceVersion } = await cluster.list()
    const startMs = performance.now()
    await cluster.nextChange(resourceVersion, { timeoutMs: 400, gatherMs: 0 }, never)
    expect(performance.now() - startMs).toBeGreaterThan(350)
  })

  it('ends soon after its signal is aborted', async () => {
    const { resourceVersion } = await cluster.list()
    await cluster.nextChange(resourceVersion, { timeoutMs: 60_000, gatherMs: 0 }, AbortSignal.timeout(100))
  })

  it('ends at once, as a change, when the version is too old to resume from', async () => {
    const { resourceVersion } = await cluster.nextChange('1', { timeoutMs: 60_000, gatherMs: 0 }, never)
    expect(resourceVersion).toBeUndefined()
  })
})

describe('a caller without a valid token', () => {
  it('waits for its time-out once, without retries, when it may not watch', async () => {
    const startMs = performance.now()
    await namespace.adapter({ token: 'invalid' }).nextChange('1', { timeoutMs: 400, gatherMs: 0 }, never)
    expect(performance.now() - startMs).toBeGreaterThan(350)
  })

  it('gets an error, and no result of a create', async () => {
    const stranger = namespace.adapter({ token: 'invalid' })
    await expect(stranger.list()).rejects.toMatchObject({ code: 401 })
    await expect(stranger.createJob({ name: 'warm-1-1-x', key: 'k', labels: {} })).rejects.toMatchObject({
      code: 401,
    })
  })
})
