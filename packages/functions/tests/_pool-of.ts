/** A pool of warm slots of any size over engines in memory, which counts the calls of DynamoDB and Kubernetes and their bytes. */
import { randomBytes } from 'node:crypto'
import type { V1Job } from '@kubernetes/client-node'
import type { Session } from '@warm-pods/core/api/contracts.ts'
import { LABELS } from '@warm-pods/core/identity/names.ts'
import { uninitializedSlot, type WarmSlot } from '@warm-pods/core/state/slot.ts'
import type { Work } from '@warm-pods/core/state/work.ts'
import { claimSlot } from '@warm-pods/core/transitions/claim-slot.ts'
import { emptySlot, markWarm, reserveSlot } from '@warm-pods/core/transitions/fill-slot.ts'
import { jobObject, podObject, type SimJob, type SimPod } from '../../simulation/src/engines/kube-objects.ts'
import { MemoryDynamo } from '../../simulation/src/engines/memory-dynamo.ts'
import { refusal } from '../../simulation/src/engines/memory-kube.ts'
import { apiHandler } from '../src/api/handler.ts'
import { clusterOver } from '../src/kubernetes/adapter.ts'
import type { KubernetesApi, Listed, Page } from '../src/kubernetes/api-client.ts'
import type { Runtime } from '../src/lib/clock.ts'
import { makeServices, type Services } from '../src/services.ts'
import type { DocumentClient } from '../src/store/client.ts'
import { storesOver } from '../src/store/stores.ts'
import { poolTable, sessionsTable } from '../src/store/tables.ts'
import { ENVIRONMENT } from './_environment.ts'
import { eventOf, randomAddress } from './_event.ts'

export interface Call {
  /** A command of DynamoDB, or a verb and a kind of Kubernetes. */
  readonly name: string
  /** Length of the request and the response, as JSON. */
  readonly bytes: number
  /** The partition that a query reads. */
  readonly partition: unknown
}

export interface PoolOf {
  readonly services: Services
  /** The calls of DynamoDB and Kubernetes so far. */
  readonly calls: Call[]
  /** The work that the triggers of refill have named so far. */
  readonly work: Work[]
  readonly jobs: ReadonlyMap<string, unknown>
  /** Pods that the Job controller has not created yet. */
  awaitedPods(): number
  /** Moves both clocks forward. */
  sleep(ms: number): void
  claim(): Promise<{ status: number; body: Session }>
}

/**
 * A cluster whose pods are Ready as soon as they exist.
 * @param note called with each call and its answer.
 * @param podsPerSecond how many pods the Job controller creates in a second.
 */
function cluster(note: (name: string, about: unknown) => void, pace: Runtime, podsPerSecond: number) {
  const jobs = new Map<string, SimJob>()
  const pods = new Map<string, SimPod>()
  const changes: SimPod[] = []
  /** Pods that the Job controller has not created yet, in order. */
  const awaited: { readonly pod: SimPod; readonly atMs: number }[] = []
  let freeAtMs = 0
  let version = 1
  const createPods = (): void => {
    for (;;) {
      const [next] = awaited
      if (!next || next.atMs > pace.monotonic()) return
      awaited.shift()
      if (!jobs.has(next.pod.jobName)) continue
      const pod = { ...next.pod, version: ++version }
      pods.set(pod.jobName, pod)
      changes.push(pod)
    }
  }
  const add = (name: string, manifest: V1Job): void => {
    const labels = { ...manifest.metadata?.labels }
    const createdMs = pace.now()
    const job: SimJob = {
      name,
      uid: `job-${name}`,
      createdMs,
      manifest,
      labels,
      version: ++version,
      failed: 0,
      nextPodMs: undefined,
      ended: undefined,
    }
    const pod: SimPod = {
      name: `${name}-pod`,
      uid: `uid-${name}`,
      jobName: name,
      jobUid: job.uid,
      createdMs,
      node: 'n',
      ip: '10.0.0.1',
      labels,
      version: ++version,
      startedMs: createdMs,
      ready: true,
      readyChangedMs: createdMs,
      waiting: undefined,
      deletion: undefined,
      exit: undefined,
      counted: false,
      process: undefined,
    }
    jobs.set(name, job)
    freeAtMs = Math.max(freeAtMs, pace.monotonic()) + 1_000 / podsPerSecond
    awaited.push({ pod, atMs: freeAtMs })
    createPods()
  }
  const page = <Item>({ continue: from, limit }: Listed, all: Item[]): Page<Item> => {
    const first = Number(from ?? 0)
    const end = first + (limit ?? Number.POSITIVE_INFINITY)
    const metadata = {
      resourceVersion: String(version),
      ...(end < all.length ? { continue: String(end) } : {}),
    }
    return { items: all.slice(first, end), metadata }
  }
  const noted = async <T>(name: string, about: object, answer: () => T): Promise<T> => {
    createPods()
    const result = answer()
    note(name, [about, result])
    return result
  }
  const found = (name: string): SimJob => {
    const job = jobs.get(name)
    if (!job) throw refusal(404, 'NotFound', `jobs.batch "${name}" not found`)
    return job
  }
  const api: KubernetesApi = {
    batch: {
      createNamespacedJob: (call) =>
        noted('create Job', call, () => {
          add(call.body.metadata?.name ?? '', call.body)
          return call.body
        }),
      readNamespacedJob: (call) => noted('get Job', call, () => jobObject(found(call.name))),
      listNamespacedJob: (call) =>
        noted('list Jobs', call, () => page(call, [...jobs.values()].map(jobObject))),
      deleteNamespacedJob: (call) =>
        noted('delete Job', call, () => {
          found(call.name)
          jobs.delete(call.name)
          pods.delete(call.name)
          return {}
        }),
      patchNamespacedJob: (call) =>
        noted('patch Job', call, () => {
          Object.assign(found(call.name).labels, call.body.metadata.labels)
          return jobObject(found(call.name))
        }),
    },
    core: {
      listNamespacedPod: (call) =>
        noted('list pods', call, () => {
          const job = /^job-name=(.+)$/.exec(call.labelSelector)?.[1]
          const all = [...pods.values()].filter(({ jobName }) => job === undefined || jobName === job)
          return page(call, all.map(podObject))
        }),
      deleteNamespacedPod: (call) => noted('delete pod', call, () => ({})),
      patchNamespacedPod: (call) => noted('patch pod', call, () => ({})),
    },
    versions: { getCode: async () => ({ gitVersion: 'v1.36.3' }) as never },
    podsVersion: (selector) => noted('version of pods', { selector }, () => String(version)),
    async podEvents(selector, since, { gatherMs, timeoutMs }, stop) {
      await pace.sleep(0)
      const changed = () => changes.filter((pod) => pod.version > Number(since))
      const untilMs = pace.monotonic() + timeoutMs
      createPods()
      while (changed().length === 0 && !stop.aborted && pace.monotonic() < untilMs) {
        const nextMs = Math.min(untilMs, awaited[0]?.atMs ?? untilMs)
        await pace.sleep(nextMs - pace.monotonic() + gatherMs)
        createPods()
      }
      const seen = changed()
      return noted('watch pods', { selector }, () => ({
        isExpired: false,
        pods: seen.map((pod) => ({
          labels: { 'job-name': pod.jobName },
          resourceVersion: String(pod.version),
        })),
      }))
    },
  }
  return { add, api, jobs, awaited }
}

/**
 * A pool of warm slots over a database and a cluster.
 * @param warm the slots that are warm; default: all. `none`: no slot has a row.
 * @param podsPerSecond how many pods the Job controller creates in a second; default: each at once.
 * @param pageItems items of one page of the database; DynamoDB's pages have 1 MB.
 */
export async function poolOf(
  size: number,
  warm: 'none' | ((slot: number) => boolean) = () => true,
  podsPerSecond = Number.POSITIVE_INFINITY,
  pageItems = 2,
): Promise<PoolOf> {
  let nowMs = 0
  // Waiting moves the clock forward, and lets all other code run.
  const pace: Runtime = {
    now: () => Date.now() + nowMs,
    monotonic: () => nowMs,
    random: Math.random,
    sleep: async (ms) => {
      await new Promise((resolve) => setImmediate(resolve))
      nowMs += ms
    },
  }
  const engine = new MemoryDynamo({
    tables: [poolTable('Pool'), sessionsTable('Sessions')],
    now: () => 0,
    pageSize: () => pageItems,
  })
  const calls: Call[] = []
  const send = async (command: {
    readonly input: object
    readonly constructor: { readonly name: string }
  }) => {
    const answer = engine.execute(command)
    const { input } = command
    const partition =
      'ExpressionAttributeValues' in input &&
      (input.ExpressionAttributeValues as Record<string, unknown>)[':pool']
    calls.push({ name: command.constructor.name, bytes: JSON.stringify([input, answer]).length, partition })
    return answer
  }
  const db = { send } as unknown as DocumentClient
  const made = makeServices({ ...ENVIRONMENT, LIMITS: JSON.stringify({ target: size, cap: 2 * size }) })
  const { config, limits } = made
  const kubernetes = cluster(
    (name, about) => {
      calls.push({ name, bytes: JSON.stringify(about).length, partition: undefined })
    },
    pace,
    podsPerSecond,
  )
  const adapter = clusterOver(kubernetes.api, config, pace)
  const work: Work[] = []
  const services: Services = {
    ...made,
    ...pace,
    ...storesOver(db, config.tables, limits, pace),
    cluster: async () => adapter,
    invokeRefill: async (named) => void work.push(named),
  }
  await services.refill.raiseSlotCount(size)
  for (let number = 0; warm !== 'none' && number < size; number++) {
    const slot = warmSlot(number, services.spec)
    const taken = claimSlot(slot, { sessionId: 'another', epoch: 1, visitor: '' }, Date.now())
    await services.slots.move(uninitializedSlot(number), warm(number) ? slot : taken)
    if (warm(number)) kubernetes.add(slot.job, { metadata: { labels: { [LABELS.pool]: 'warm' } } })
  }
  // The day's salt is read once for each process.
  await services.rateLimits.readSalt(Date.now())
  calls.length = 0
  const handle = apiHandler(services)
  return {
    services,
    calls,
    work,
    jobs: kubernetes.jobs,
    awaitedPods: () => kubernetes.awaited.length,
    sleep(ms) {
      nowMs += ms
    },
    async claim() {
      const authorization = `Bearer ${randomBytes(32).toString('base64url')}`
      const request = {
        method: 'POST',
        path: '/session',
        headers: { authorization },
        address: randomAddress(),
      }
      const { statusCode = 0, body } = await handle(eventOf(request))
      return { status: statusCode, body: JSON.parse(String(body)) }
    },
  }
}

function warmSlot(number: number, spec: string): WarmSlot {
  const name = `warm-${number}-1-bcdfg`
  const pod = {
    name: `${name}-pod`,
    uid: `uid-${name}`,
    alias: 'calm-otter',
    ip: '10.0.0.1',
    node: 'n',
    zone: 'z',
    startedAt: new Date(0).toISOString(),
  }
  const job = { job: name, key: 'k'.repeat(43), spec }
  const nowMs = Date.now()
  return markWarm(reserveSlot(emptySlot(uninitializedSlot(number), nowMs), job, nowMs), pod, 1_000, nowMs)
}

export function bytesOf(calls: readonly Call[]): number {
  return calls.reduce((sum, { bytes }) => sum + bytes, 0)
}
