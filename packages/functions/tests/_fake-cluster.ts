import { randomUUID } from 'node:crypto'
import { aliasOf } from '@warm-pods/core/identity/alias.ts'
import { LABELS } from '@warm-pods/core/identity/names.ts'
import type { JobView, PodView } from '@warm-pods/core/state/state.ts'
import type { Cluster, NewJob } from '../src/kubernetes/cluster.ts'

type Held = { job: JobView; pods: PodView[]; key: string }

/** The clock of a test: the cluster and the handlers share it, and waiting moves it. */
export interface Clock {
  now(): number
  sleep(ms: number): void
}

/** Jobs and pods in memory, for tests that are about rows: a pod is Ready as soon as somebody looks. */
export class FakeCluster implements Cluster {
  readonly held = new Map<string, Held>()
  /** Pods whose Job is gone. */
  strays: PodView[] = []
  /** Every delete of a pod that was asked for: name and grace. */
  readonly deleted: { pod: string; graceMs: number }[] = []
  /** Every mark that was put on a Job and its pod. */
  readonly labelled: { job: string; labels: Readonly<Record<string, string>> }[] = []
  quota: number
  /** What every call answers while it is set. */
  outage: Error | undefined
  /** False: pods stay Pending until {@link makeReady}. */
  readyAtOnce = true
  created = 0
  #version = 1
  #address = 1
  readonly #clock: Clock

  constructor(clock: Clock, quota = 16) {
    this.#clock = clock
    this.quota = quota
  }

  async createJob({ name, key, labels }: NewJob): ReturnType<Cluster['createJob']> {
    this.#mayFail()
    if (this.held.has(name)) return { result: 'exists' }
    if (this.held.size >= this.quota) return { result: 'quota', message: 'exceeded quota: count/jobs.batch' }
    this.created++
    const job = this.#job(name, labels)
    this.held.set(name, { job, pods: [this.#pod(name)], key })
    return { result: 'created' }
  }

  async getJob(name: string): Promise<JobView | undefined> {
    return this.held.get(name)?.job
  }

  async list() {
    this.#mayFail()
    const held = [...this.held.values()]
    return {
      jobs: held.map((h) => h.job),
      pods: [...held.flatMap((h) => h.pods), ...this.strays],
      resourceVersion: String(this.#version),
    }
  }

  async inspect(name: string) {
    const held = this.held.get(name)
    return { jobs: held ? [held.job] : [], pods: held?.pods ?? [] }
  }

  /** The pod is gone at once, and its Job has a replacement, Pending until {@link makeReady}. */
  async deletePod(name: string, uid: string, graceMs: number) {
    this.#mayFail()
    this.strays = this.strays.filter((p) => p.pod.uid !== uid)
    this.deleted.push({ pod: name, graceMs })
    const held = [...this.held.values()].find((h) =>
      h.pods.some((p) => p.pod.name === name && p.pod.uid === uid),
    )
    if (!held) return undefined
    held.pods = [
      ...held.pods.filter((p) => p.pod.uid !== uid),
      { ...this.#pod(held.job.name), ready: false, phase: 'Pending' },
    ]
    return { diedAtMs: this.#clock.now() }
  }

  async deleteJob(name: string, { uid }: { uid?: string }): Promise<boolean> {
    const held = this.held.get(name)
    if (!held || (uid !== undefined && held.job.uid !== uid)) return false
    return this.held.delete(name)
  }

  async label(job: string, _pod: string, labels: Readonly<Record<string, string>>): Promise<void> {
    this.#mayFail()
    this.labelled.push({ job, labels })
    const held = this.held.get(job)
    const sessionId = labels[LABELS.sessionId]
    if (held) held.job = { ...held.job, assigned: true, ...(sessionId ? { sessionId } : {}) }
  }

  /** Nothing changes by itself here, so the time is over at once. */
  async nextChange(_resourceVersion: string, timeoutMs: number): Promise<void> {
    await new Promise((resolve) => setImmediate(resolve))
    this.#clock.sleep(timeoutMs)
  }

  async version(): Promise<string> {
    this.#mayFail()
    return 'v1.36.3'
  }

  /** Every pod, or those of one Job, Ready now. */
  makeReady(job?: string): void {
    for (const held of this.held.values()) {
      if (job !== undefined && held.job.name !== job) continue
      held.pods = held.pods.map((p) => ({
        ...p,
        ready: true,
        phase: 'Running',
        readyAtMs: this.#clock.now(),
      }))
    }
  }

  /** Every pod that waits says why, as Kubernetes does. */
  trouble(problem: string): void {
    for (const held of this.held.values()) held.pods = held.pods.map((p) => (p.ready ? p : { ...p, problem }))
  }

  /** The pods of a Job are no longer Ready. */
  sicken(job: string): void {
    const held = this.held.get(job)
    if (held) held.pods = held.pods.map((p) => ({ ...p, ready: false }))
  }

  /** As `kubectl delete job --cascade=orphan`. */
  orphan(job: string): void {
    this.strays.push(...(this.held.get(job)?.pods ?? []))
    this.held.delete(job)
  }

  /** The pods of a Job end; exit 0 completes the Job. */
  complete(job: string): void {
    const held = this.held.get(job)
    if (held) {
      held.job = { ...held.job, state: 'complete' }
      held.pods = held.pods.map((p) => ({ ...p, ready: false, phase: 'Succeeded' }))
    }
  }

  #mayFail(): void {
    if (this.outage) throw this.outage
  }

  #job(name: string, labels: Readonly<Record<string, string>>): JobView {
    const sessionId = labels[LABELS.sessionId]
    return {
      name,
      uid: randomUUID(),
      resourceVersion: String(this.#version++),
      createdAtMs: this.#clock.now(),
      state: 'active',
      spec: '',
      assigned: labels[LABELS.assigned] === 'true',
      ...(sessionId ? { sessionId } : {}),
    }
  }

  #pod(job: string): PodView {
    const uid = randomUUID()
    const startedAt = new Date(this.#clock.now()).toISOString()
    const ip = `127.88.0.${this.#address++ % 250}`
    return {
      job,
      pod: {
        name: `${job}-${uid.slice(0, 5)}`,
        uid,
        alias: aliasOf(uid),
        ip,
        node: 'fake',
        zone: 'fake-a',
        startedAt,
      },
      createdAtMs: this.#clock.now(),
      phase: this.readyAtOnce ? 'Running' : 'Pending',
      ready: this.readyAtOnce,
      deleting: false,
      assigned: false,
      progress: [
        { step: 'created', at: startedAt },
        { step: 'scheduled', at: startedAt },
        { step: 'started', at: null },
        { step: 'ready', at: null },
      ],
      ...(this.readyAtOnce ? { readyAtMs: this.#clock.now() } : {}),
    }
  }
}
