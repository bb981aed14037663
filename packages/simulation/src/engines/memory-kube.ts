/**
 * Kubernetes in memory, with the virtual clock: the Jobs, pods and quota of one namespace. It has a Job controller with
 * its back-off, and nodes whose kubelets run {@link PodProcess}es.
 * Its responses and durations follow measurements on a real cluster. tests/kubernetes.test.ts runs the same tests on it
 * and on the local engine.
 */
import type { V1Job } from '@kubernetes/client-node'
import { ApiException } from '@kubernetes/client-node/dist/gen/apis/exception.js'
import type { Limits } from '@warm-pods/core/limits.ts'
import type { Chance } from '../seeded-random.ts'
import { jobObject, type SimJob, type SimPod } from './kube-objects.ts'
import { EXIT, type Opened, PodProcess } from './pod-process.ts'
import type { Loop } from './virtual-clock.ts'

/** The caller: a Lambda of the product, an operator with kubectl, or the cluster itself. */
export type Caller = 'api' | 'refill' | 'operator' | 'cluster'

/** Callbacks for events of the cluster. Each is called before the event takes effect. */
export interface KubeObserver {
  jobCreated(job: SimJob): void
  jobDeleted(job: SimJob, by: Caller): void
  podCreated(pod: SimPod): void
  podDeleted(pod: SimPod, by: Caller): void
  podReady(pod: SimPod): void
  podExited(pod: SimPod): void
  /** A pod's object or its Job changes in the API. */
  podChanged(pod: SimPod): void
  /** A pod accepts a socket. */
  served(pod: SimPod, sessionId: string, header: string, key: string): void
}

/** The current conditions of pod starts. Injected faults change them. */
export interface Conditions {
  /** Time from creation to Ready, ms. */
  startMs(): number
  /** Images that cannot be pulled. */
  readonly brokenImages: ReadonlySet<string>
  /** The share of pods that exit with an error as they start. */
  crashAtStart: number
  /** The share of pods that the network hides from the gateway. */
  hiddenPods: number
}

export interface KubeOptions {
  readonly loop: Loop
  readonly chance: Chance
  readonly wallMs: () => number
  readonly limits: Limits
  readonly quota: number
  readonly conditions: Conditions
  readonly observer: KubeObserver
}

const NODES = ['node-a', 'node-b'] as const
/** A small range, so that addresses are soon reused. */
const ADDRESSES = 24
const BACK_OFF_MS = 10_000
const BACK_OFF_MAX_MS = 600_000
const BACKOFF_LIMIT = 6

/** The cluster in memory. Its methods take effect at once; later events follow on the virtual clock. */
export class MemoryKube {
  readonly jobs = new Map<string, SimJob>()
  readonly pods = new Map<string, SimPod>()
  readonly #podsByUid = new Map<string, SimPod>()
  readonly #podsByJob = new Map<string, Set<SimPod>>()
  #version = 1
  /** Every change of a pod so far. */
  readonly #podChanges: { readonly version: number; readonly pod: SimPod }[] = []
  #address = 0
  #waiting: (() => void)[] = []
  readonly #options: KubeOptions

  constructor(options: KubeOptions) {
    this.#options = options
  }

  get version(): string {
    return String(this.#version)
  }

  /** @throws ApiException 409 when the name is taken, 403 when the quota is used up. */
  createJob(manifest: V1Job): V1Job {
    const name = manifest.metadata?.name ?? ''
    if (this.jobs.has(name)) throw refusal(409, 'AlreadyExists', `jobs.batch "${name}" already exists`)
    const { quota } = this.#options
    if (this.jobs.size >= quota) {
      const used = `requested: count/jobs.batch=1, used: count/jobs.batch=${this.jobs.size}, limited: count/jobs.batch=${quota}`
      throw refusal(403, 'Forbidden', `jobs.batch "${name}" is forbidden: exceeded quota: cap, ${used}`)
    }
    const job: SimJob = {
      name,
      uid: this.#options.chance.uuid(),
      createdMs: this.#options.wallMs(),
      manifest,
      labels: { ...manifest.metadata?.labels },
      version: ++this.#version,
      failed: 0,
      nextPodMs: undefined,
      ended: undefined,
    }
    this.jobs.set(name, job)
    this.#options.observer.jobCreated(job)
    this.#podIn(job, this.#options.chance.between(20, 50))
    const deadlineS = manifest.spec?.activeDeadlineSeconds
    if (deadlineS !== undefined)
      this.#options.loop.in(deadlineS * 1_000, () => this.#endJob(job, 'Failed', 'DeadlineExceeded'))
    return jobObject(job)
  }

  /** @throws ApiException 404. */
  job(name: string): SimJob {
    return this.jobs.get(name) ?? throwNotFound('jobs.batch', name)
  }

  /**
   * Deletes a Job at once. Its pods are deleted 30 ms later, or never with `orphan`.
   * @throws ApiException 404; 409 when a precondition does not hold.
   */
  deleteJob(
    name: string,
    by: Caller,
    { uid, resourceVersion, orphan }: { uid?: string; resourceVersion?: string; orphan?: boolean } = {},
  ): void {
    const job = this.job(name)
    if (uid !== undefined && uid !== job.uid) throw conflict(name)
    if (resourceVersion !== undefined && resourceVersion !== String(job.version)) throw conflict(name)
    this.#options.observer.jobDeleted(job, by)
    this.jobs.delete(name)
    for (const pod of this.#podsOf(job)) this.#options.observer.podChanged(pod)
    if (orphan) return
    this.#options.loop.in(30, () => {
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
    return this.pods.get(name) ?? throwNotFound('pods', name)
  }

  /** @throws ApiException 404. */
  labelPod(name: string, labels: Readonly<Record<string, string>>): SimPod {
    const pod = this.pod(name)
    pod.labels = { ...pod.labels, ...labels }
    this.#changed(pod)
    return pod
  }

  /** @throws ApiException 404; 409 when a precondition does not hold. */
  deletePod(name: string, by: Caller, { uid, graceMs }: { uid?: string; graceMs: number }): SimPod {
    const pod = this.pod(name)
    if (uid !== undefined && uid !== pod.uid) throw conflict(name)
    this.#options.observer.podDeleted(pod, by)
    this.#deletePod(pod, graceMs)
    return pod
  }

  /** Resolves with the changes of pods after version `since` as soon as there is one, and with none after `timeoutMs`. */
  async changesAfter(since: number, timeoutMs: number): Promise<{ version: number; pod: SimPod }[]> {
    if ((this.#podChanges.at(-1)?.version ?? 0) <= since) {
      const { promise, resolve } = Promise.withResolvers<void>()
      this.#waiting.push(resolve)
      this.#options.loop.in(timeoutMs, resolve)
      await promise
    }
    return this.#podChanges.slice(this.#podChanges.findLastIndex(({ version }) => version <= since) + 1)
  }

  /** The running pod that has the address now. */
  podAt(ip: string): SimPod | undefined {
    return [...this.pods.values()].find((one) => one.ip === ip && one.process && !one.exit)
  }

  /** Whether the network hides the pod from the gateway. That changes only with the faults of the history. */
  isHidden({ uid }: SimPod): boolean {
    return Number.parseInt(uid.slice(0, 4), 16) / 0x10000 < this.#options.conditions.hiddenPods
  }

  /** Opens a socket to the pod that has the address now. Without such a pod it fails with 1006. */
  async connect(ip: string, header: string): Promise<Opened> {
    const pod = this.podAt(ip)
    return pod?.process ? pod.process.open(header) : { ok: false, code: 1006 }
  }

  /** Crashes the process of a pod. */
  crash(pod: SimPod): void {
    pod.process?.exit(EXIT.crash)
  }

  /** Sets the Ready condition of a pod, as if its readiness probe had changed. The process keeps running. */
  setReady(pod: SimPod, ready: boolean): void {
    if (pod.exit || pod.deletion || pod.startedMs === undefined || pod.ready === ready) return
    if (ready && !pod.process?.healthy) return
    pod.ready = ready
    pod.readyChangedMs = this.#options.wallMs()
    if (ready) this.#options.observer.podReady(pod)
    this.#changed(pod)
  }

  /** True when the API shows no pod with this UID that runs on in a running Job. It never shows one again. */
  isGone(uid: string): boolean {
    const pod = this.#podsByUid.get(uid)
    const job = pod && this.jobs.get(pod.jobName)
    return !pod || !job || job.ended !== undefined || pod.deletion !== undefined || pod.exit !== undefined
  }

  /** True when the API shows the pod Ready, and it and its Job run on. */
  isServing(uid: string): boolean {
    return !this.isGone(uid) && this.#podsByUid.get(uid)?.ready === true
  }

  /** True when the pod is gone, or its process is frozen or ends, although the API may not show that yet. */
  isDead(uid: string): boolean {
    return this.isGone(uid) || !this.#podsByUid.get(uid)?.process?.healthy
  }

  /** Evicts every pod of a node, as `kubectl drain` does. */
  drain(node: string): void {
    for (const pod of [...this.pods.values()].filter((one) => one.node === node && !one.exit))
      this.#deletePod(pod, this.#options.limits.graceMs)
  }

  get nodes(): readonly string[] {
    return NODES
  }

  #podsOf(job: SimJob): SimPod[] {
    return [...(this.#podsByJob.get(job.uid) ?? [])]
  }

  #graceMs(job: SimJob): number {
    return (job.manifest.spec?.template.spec?.terminationGracePeriodSeconds ?? 30) * 1_000
  }

  #changed(pod: SimPod): void {
    pod.version = ++this.#version
    this.#podChanges.push({ version: pod.version, pod })
    this.#options.observer.podChanged(pod)
    const waiting = this.#waiting
    this.#waiting = []
    for (const resolve of waiting) resolve()
  }

  #isCurrent(job: SimJob): boolean {
    return this.jobs.get(job.name) === job && !job.ended
  }

  #podIn(job: SimJob, ms: number): void {
    const dueMs = this.#options.loop.nowMs + ms
    job.nextPodMs = dueMs
    this.#options.loop.in(ms, () => {
      if (!this.#isCurrent(job) || job.nextPodMs !== dueMs) return
      job.nextPodMs = undefined
      this.#makePod(job)
    })
  }

  #makePod(job: SimJob): void {
    const { chance, wallMs, observer } = this.#options
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
    this.#podsByUid.set(uid, pod)
    const ofJob = this.#podsByJob.get(job.uid) ?? new Set()
    this.#podsByJob.set(job.uid, ofJob.add(pod))
    observer.podCreated(pod)
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
    const { loop, chance, conditions } = this.#options
    const startMs = conditions.startMs()
    loop.in(startMs * 0.25, () => {
      if (pod.exit || pod.deletion) return
      const image = job.manifest.spec?.template.spec?.containers[0]?.image ?? ''
      if (conditions.brokenImages.has(image)) {
        pod.waiting = 'ImagePullBackOff'
        this.#changed(pod)
        return
      }
      this.#run(job, pod)
      if (chance.happens(conditions.crashAtStart)) loop.in(chance.between(10, 400), () => this.crash(pod))
      else loop.in(startMs * 0.75, () => this.setReady(pod, true))
    })
  }

  #run(job: SimJob, pod: SimPod): void {
    const { loop, limits, wallMs, observer } = this.#options
    const container = job.manifest.spec?.template.spec?.containers[0]
    const key = container?.env?.find(({ name }) => name === 'POD_KEY')?.value ?? ''
    pod.startedMs = wallMs()
    pod.process = new PodProcess({
      uid: pod.uid,
      key,
      limits,
      loop,
      wallMs,
      onServe: (sessionId, header) => observer.served(pod, sessionId, header, key),
      onExit: (code) => this.#exited(pod, code),
    })
    this.#changed(pod)
  }

  #exited(pod: SimPod, code: number): void {
    const { loop, chance, wallMs, observer } = this.#options
    pod.exit = { code, atMs: wallMs() }
    observer.podExited(pod)
    // The kubelet reports the exit a moment later. Until then the object stays unchanged.
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
    this.#podsByUid.delete(pod.uid)
    this.#podsByJob.get(pod.jobUid)?.delete(pod)
    this.#changed(pod)
  }

  /** Counts a finished or terminating pod once for its Job. The Job replaces it after its back-off. */
  #count(pod: SimPod): void {
    const job = this.jobs.get(pod.jobName)
    if (!job || job.uid !== pod.jobUid || job.ended || pod.counted) return
    pod.counted = true
    const { loop, chance } = this.#options
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
    job.ended = { type, reason, atMs: this.#options.wallMs() }
    job.version = ++this.#version
    for (const pod of this.#podsOf(job)) if (!pod.exit) this.#deletePod(pod, this.#graceMs(job))
    const ttlS = job.manifest.spec?.ttlSecondsAfterFinished
    if (ttlS === undefined) return
    this.#options.loop.in(ttlS * 1_000, () => {
      if (this.jobs.get(job.name) === job) this.deleteJob(job.name, 'cluster')
    })
  }

  /** Marks a pod as terminating. SIGTERM follows shortly, SIGKILL after the grace period. */
  #deletePod(pod: SimPod, graceMs: number): void {
    const { loop, chance, wallMs } = this.#options
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

/** @throws ApiException 404, always. */
export function throwNotFound(kind: string, name: string): never {
  throw refusal(404, 'NotFound', `${kind} "${name}" not found`)
}

function conflict(name: string): ApiException<string> {
  return refusal(409, 'Conflict', `Operation cannot be fulfilled on "${name}": Precondition failed`)
}

/** Returns the error that the generated client throws for a metav1.Status of a failure. */
export function refusal(code: number, reason: string, message: string): ApiException<string> {
  return new ApiException(
    code,
    message,
    JSON.stringify({ kind: 'Status', status: 'Failure', reason, message, code }),
    {},
  )
}
