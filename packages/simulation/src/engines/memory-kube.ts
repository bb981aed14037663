/**
 * Kubernetes in memory, under the virtual clock: the Jobs and pods of one namespace, its quota, the Job controller with its
 * back-off, and nodes whose kubelets run {@link PodProcess}es. What it answers, and how long things take, is what was
 * measured on a real cluster and what tests/simulation/kubernetes.test.ts asks of it and of the local engine alike.
 */
import type { V1Job } from '@kubernetes/client-node'
import { ApiException } from '@kubernetes/client-node/dist/gen/apis/exception.js'
import type { Limits } from '@warm-pods/core/limits.ts'
import type { Chance } from '../seeded-random.ts'
import { jobObject, type SimJob, type SimPod } from './kube-objects.ts'
import { EXIT, type Opened, PodProcess } from './pod-process.ts'
import type { Loop } from './virtual-clock.ts'

/** Who asked: the product's functions, a person with kubectl, or the cluster itself. */
export type Asker = 'api' | 'refill' | 'operator' | 'cluster'

/** What is told as it happens, before it takes effect. */
export interface KubeWitness {
  jobCreated(job: SimJob): void
  jobDeleted(job: SimJob, by: Asker): void
  podCreated(pod: SimPod): void
  podDeleted(pod: SimPod, by: Asker): void
  podReady(pod: SimPod): void
  podExited(pod: SimPod): void
  /** A pod lets a socket in. */
  served(pod: SimPod, sessionId: string, header: string, key: string): void
}

/** How pods start here and now; faults change it. */
export interface Weather {
  /** From created to Ready, ms. */
  startMs(): number
  /** Images that cannot be pulled. */
  readonly brokenImages: ReadonlySet<string>
  /** The share of pods that exit with an error as they start. */
  crashAtStart: number
}

export interface KubeOptions {
  readonly loop: Loop
  readonly chance: Chance
  readonly wallMs: () => number
  readonly limits: Limits
  readonly quota: number
  readonly weather: Weather
  readonly witness: KubeWitness
}

const NODES = ['node-a', 'node-b'] as const
/** As in a cluster, an address is used again, and soon when there are few. */
const ADDRESSES = 24
const BACK_OFF_MS = 10_000
const BACK_OFF_MAX_MS = 600_000
const BACKOFF_LIMIT = 6

export class MemoryKube {
  readonly jobs = new Map<string, SimJob>()
  readonly pods = new Map<string, SimPod>()
  #version = 1
  /** The version at which a pod last changed, came or went. */
  #podsChangedAt = 0
  #address = 0
  #waiting: { since: number; resolve: (changed: boolean) => void }[] = []
  readonly #o: KubeOptions

  constructor(options: KubeOptions) {
    this.#o = options
  }

  get version(): string {
    return String(this.#version)
  }

  /** @throws ApiException 409 when the name is taken, 403 when the quota is used up. */
  createJob(manifest: V1Job): V1Job {
    const name = manifest.metadata?.name ?? ''
    if (this.jobs.has(name)) throw refusal(409, 'AlreadyExists', `jobs.batch "${name}" already exists`)
    const { quota } = this.#o
    if (this.jobs.size >= quota) {
      const used = `requested: count/jobs.batch=1, used: count/jobs.batch=${this.jobs.size}, limited: count/jobs.batch=${quota}`
      throw refusal(403, 'Forbidden', `jobs.batch "${name}" is forbidden: exceeded quota: cap, ${used}`)
    }
    const job: SimJob = {
      name,
      uid: this.#o.chance.uuid(),
      createdMs: this.#o.wallMs(),
      manifest,
      labels: { ...manifest.metadata?.labels },
      version: ++this.#version,
      failed: 0,
      nextPodMs: undefined,
      ended: undefined,
    }
    this.jobs.set(name, job)
    this.#o.witness.jobCreated(job)
    this.#podIn(job, this.#o.chance.between(20, 50))
    const deadlineS = manifest.spec?.activeDeadlineSeconds
    if (deadlineS !== undefined)
      this.#o.loop.in(deadlineS * 1_000, () => this.#endJob(job, 'Failed', 'DeadlineExceeded'))
    return jobObject(job)
  }

  /** @throws ApiException 404. */
  job(name: string): SimJob {
    return this.jobs.get(name) ?? gone('jobs.batch', name)
  }

  /**
   * Deletes a Job in the background, or its pods not at all. The Job is gone at once, its pods are told moments later.
   * @throws ApiException 404, 409 when it is not the one that was meant.
   */
  deleteJob(
    name: string,
    by: Asker,
    { uid, resourceVersion, orphan }: { uid?: string; resourceVersion?: string; orphan?: boolean } = {},
  ): void {
    const job = this.job(name)
    if (uid !== undefined && uid !== job.uid) throw conflict(name)
    if (resourceVersion !== undefined && resourceVersion !== String(job.version)) throw conflict(name)
    this.#o.witness.jobDeleted(job, by)
    this.jobs.delete(name)
    if (orphan) return
    this.#o.loop.in(30, () => {
      for (const pod of this.#podsOf(job)) this.#deletePod(pod, this.#graceMs(job))
    })
  }

  /** @throws ApiException 404. */
  labelJob(name: string, labels: Readonly<Record<string, string>>): V1Job {
    const job = this.job(name)
    job.labels = { ...job.labels, ...labels }
    job.version = ++this.#version
    return jobObject(job)
  }

  /** @throws ApiException 404. */
  pod(name: string): SimPod {
    return this.pods.get(name) ?? gone('pods', name)
  }

  /** @throws ApiException 404. */
  labelPod(name: string, labels: Readonly<Record<string, string>>): SimPod {
    const pod = this.pod(name)
    pod.labels = { ...pod.labels, ...labels }
    this.#changed(pod)
    return pod
  }

  /** @throws ApiException 404, 409 when it is not the one that was meant. */
  deletePod(name: string, by: Asker, { uid, graceMs }: { uid?: string; graceMs: number }): SimPod {
    const pod = this.pod(name)
    if (uid !== undefined && uid !== pod.uid) throw conflict(name)
    this.#o.witness.podDeleted(pod, by)
    this.#deletePod(pod, graceMs)
    return pod
  }

  /** Resolves true when a pod changes after `since`, false when the time is over first. */
  changeAfter(since: number, timeoutMs: number): Promise<boolean> {
    if (this.#podsChangedAt > since) return Promise.resolve(true)
    const { promise, resolve } = Promise.withResolvers<boolean>()
    this.#waiting.push({ since, resolve })
    this.#o.loop.in(timeoutMs, () => resolve(false))
    return promise
  }

  /** A socket to an address: whichever pod has it now answers, if one does. */
  async connect(ip: string, header: string): Promise<Opened> {
    const pod = [...this.pods.values()].find((one) => one.ip === ip && one.process && !one.exit)
    return pod?.process ? pod.process.open(header) : { ok: false, code: 1006 }
  }

  /** The process of a pod ends by itself. */
  crash(pod: SimPod): void {
    pod.process?.exit(EXIT.crash)
  }

  /** The kubelet loses sight of a pod, or sees it again; its process runs on. */
  setReady(pod: SimPod, ready: boolean): void {
    if (pod.exit || pod.deletion || pod.startedMs === undefined || pod.ready === ready) return
    if (ready && !pod.process?.healthy) return
    pod.ready = ready
    pod.readyChangedMs = this.#o.wallMs()
    if (ready) this.#o.witness.podReady(pod)
    this.#changed(pod)
  }

  /** As `kubectl drain`: every pod of a node is evicted. */
  drain(node: string): void {
    for (const pod of [...this.pods.values()].filter((one) => one.node === node && !one.exit))
      this.#deletePod(pod, this.#o.limits.graceMs)
  }

  get nodes(): readonly string[] {
    return NODES
  }

  #podsOf(job: SimJob): SimPod[] {
    return [...this.pods.values()].filter((pod) => pod.jobUid === job.uid)
  }

  #graceMs(job: SimJob): number {
    return (job.manifest.spec?.template.spec?.terminationGracePeriodSeconds ?? 30) * 1_000
  }

  #changed(pod: SimPod): void {
    pod.version = ++this.#version
    this.#podsChangedAt = pod.version
    const waiting = this.#waiting
    this.#waiting = []
    for (const { resolve } of waiting) resolve(true)
  }

  #isCurrent(job: SimJob): boolean {
    return this.jobs.get(job.name) === job && !job.ended
  }

  #podIn(job: SimJob, ms: number): void {
    const dueMs = this.#o.loop.nowMs + ms
    job.nextPodMs = dueMs
    this.#o.loop.in(ms, () => {
      if (!this.#isCurrent(job) || job.nextPodMs !== dueMs) return
      job.nextPodMs = undefined
      this.#makePod(job)
    })
  }

  #makePod(job: SimJob): void {
    const { chance, wallMs, witness } = this.#o
    const uid = chance.uuid()
    const pod: SimPod = {
      name: `${job.name}-${uid.slice(0, 5)}`,
      uid,
      jobName: job.name,
      jobUid: job.uid,
      createdMs: wallMs(),
      node: chance.pick(NODES),
      ip: this.#freeAddress(),
      labels: { ...job.manifest.spec?.template.metadata?.labels },
      version: 0,
      startedMs: undefined,
      ready: false,
      readyChangedMs: undefined,
      waiting: undefined,
      deletion: undefined,
      exit: undefined,
      counted: false,
      process: undefined,
    }
    this.pods.set(pod.name, pod)
    witness.podCreated(pod)
    this.#changed(pod)
    this.#start(job, pod)
  }

  #freeAddress(): string {
    const used = new Set([...this.pods.values()].filter((pod) => !pod.exit).map((pod) => pod.ip))
    for (;;) {
      const n = this.#address++
      const ip = `10.0.${used.size < ADDRESSES ? 0 : Math.floor(n / ADDRESSES)}.${n % ADDRESSES}`
      if (!used.has(ip)) return ip
    }
  }

  #start(job: SimJob, pod: SimPod): void {
    const { loop, chance, weather } = this.#o
    const startMs = weather.startMs()
    loop.in(startMs * 0.25, () => {
      if (pod.exit || pod.deletion) return
      const image = job.manifest.spec?.template.spec?.containers[0]?.image ?? ''
      if (weather.brokenImages.has(image)) {
        pod.waiting = 'ImagePullBackOff'
        this.#changed(pod)
        return
      }
      this.#run(job, pod)
      if (chance.happens(weather.crashAtStart)) loop.in(chance.between(10, 400), () => this.crash(pod))
      else loop.in(startMs * 0.75, () => this.setReady(pod, true))
    })
  }

  #run(job: SimJob, pod: SimPod): void {
    const { loop, limits, wallMs, witness } = this.#o
    const container = job.manifest.spec?.template.spec?.containers[0]
    const key = container?.env?.find(({ name }) => name === 'POD_KEY')?.value ?? ''
    pod.startedMs = wallMs()
    pod.process = new PodProcess({
      uid: pod.uid,
      key,
      limits,
      loop,
      wallMs,
      onServe: (sessionId, header) => witness.served(pod, sessionId, header, key),
      onExit: (code) => this.#exited(pod, code),
    })
    this.#changed(pod)
  }

  #exited(pod: SimPod, code: number): void {
    const { loop, chance, wallMs, witness } = this.#o
    pod.exit = { code, atMs: wallMs() }
    witness.podExited(pod)
    // The kubelet tells of it a moment later; until then the object still says what it said.
    const { exit } = pod
    pod.exit = undefined
    loop.in(chance.between(20, 900), () => {
      pod.exit = exit
      pod.ready = false
      pod.readyChangedMs = wallMs()
      this.#changed(pod)
      this.#count(pod)
      if (pod.deletion) loop.in(chance.between(300, 1_500), () => this.#remove(pod))
    })
  }

  #remove(pod: SimPod): void {
    if (this.pods.get(pod.name) !== pod) return
    this.pods.delete(pod.name)
    this.#changed(pod)
  }

  /** A pod that ends, or is told to, counts once against its Job, which then replaces it after its back-off. */
  #count(pod: SimPod): void {
    const job = this.jobs.get(pod.jobName)
    if (!job || job.uid !== pod.jobUid || job.ended || pod.counted) return
    pod.counted = true
    const { loop, chance } = this.#o
    if (pod.exit?.code === 0 && !pod.deletion) {
      loop.in(chance.between(50, 1_500), () => this.#endJob(job, 'Complete', 'CompletionsReached'))
      return
    }
    job.failed++
    if (job.failed > BACKOFF_LIMIT) {
      this.#endJob(job, 'Failed', 'BackoffLimitExceeded')
      return
    }
    const waitMs = Math.min(BACK_OFF_MS * 2 ** (job.failed - 1), BACK_OFF_MAX_MS)
    this.#podIn(job, waitMs - chance.between(0, 300))
  }

  #endJob(job: SimJob, type: 'Complete' | 'Failed', reason: string): void {
    if (!this.#isCurrent(job)) return
    job.ended = { type, reason, atMs: this.#o.wallMs() }
    job.version = ++this.#version
    for (const pod of this.#podsOf(job)) if (!pod.exit) this.#deletePod(pod, this.#graceMs(job))
    const ttlS = job.manifest.spec?.ttlSecondsAfterFinished
    if (ttlS === undefined) return
    this.#o.loop.in(ttlS * 1_000, () => {
      if (this.jobs.get(job.name) === job) this.deleteJob(job.name, 'cluster')
    })
  }

  /** Sets the deletion; SIGTERM follows in a moment, SIGKILL when its grace is over. */
  #deletePod(pod: SimPod, graceMs: number): void {
    const { loop, chance, wallMs } = this.#o
    const untilMs = wallMs() + graceMs
    if (this.pods.get(pod.name) !== pod || (pod.deletion && pod.deletion.untilMs <= untilMs)) return
    pod.deletion = { untilMs, graceS: Math.ceil(graceMs / 1_000) }
    this.#changed(pod)
    this.#count(pod)
    const { process } = pod
    if (pod.exit || !process) {
      loop.in(chance.between(50, 1_000), () => this.#remove(pod))
      return
    }
    loop.in(chance.between(10, 300), () => process.terminate())
    loop.in(graceMs + 300, () => process.exit(EXIT.killed))
  }
}

export function gone(kind: string, name: string): never {
  throw refusal(404, 'NotFound', `${kind} "${name}" not found`)
}

function conflict(name: string): ApiException<string> {
  return refusal(409, 'Conflict', `Operation cannot be fulfilled on "${name}": Precondition failed`)
}

/** As the generated client throws a metav1.Status that is no success. */
export function refusal(code: number, reason: string, message: string): ApiException<string> {
  return new ApiException(
    code,
    message,
    JSON.stringify({ kind: 'Status', status: 'Failure', reason, message, code }),
    {},
  )
}
