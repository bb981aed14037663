import { LABELS } from '@warm-pods/core/identity/names.ts'
import { SimulatedCluster } from '@warm-pods/core/simulation/cluster.ts'
import type { JobView, PodView } from '@warm-pods/core/state/cluster-view.ts'
import type { Cluster, NewJob } from '../src/kubernetes/cluster.ts'

/** The clock of a test, ms since 1970. The cluster and the handlers share it, and waiting moves it forward. */
export interface Clock {
  now(): number
  sleep(ms: number): void
}

/** A start that takes longer than any test waits; its step `scheduled` is over within one reconciliation. */
const SLOW_MS = 100_000

/**
 * The {@link SimulatedCluster} of core as the product's {@link Cluster}, for tests that are about rows. Pods are Ready at
 * once and end at once; replacements come without a back-off and stay Pending until {@link FakeCluster.makeReady}.
 */
export class FakeCluster implements Cluster {
  /** Every request to delete a pod: the pod's name and the grace. */
  readonly deleted: { pod: string; graceMs: number }[] = []
  /** Every request to label a Job and its pod. */
  readonly labelled: { job: string; labels: Readonly<Record<string, string>> }[] = []
  /** Annotations by Job, from its creation or from `label`. */
  readonly annotations = new Map<string, Readonly<Record<string, string>>>()
  /** The key of each Job. */
  readonly keys = new Map<string, string>()
  quota: number
  /** Status of the EKS cluster; undefined when it is ACTIVE. */
  eksState: string | undefined
  /** While it is set, every request fails with it. */
  outage: Error | undefined
  /** False: pods stay Pending until {@link makeReady}. */
  readyAtOnce = true
  created = 0
  readonly #clock: Clock
  readonly #simulated: SimulatedCluster
  #isReplacing = false

  constructor(clock: Clock, quota = 16) {
    this.#clock = clock
    this.quota = quota
    this.#simulated = new SimulatedCluster({
      quota: () => this.quota,
      random: Math.random,
      startMs: () => (this.readyAtOnce && !this.#isReplacing ? 0 : SLOW_MS),
      dyingMs: 0,
      backOffMs: 0,
    })
  }

  /** The Jobs by name. */
  get jobs(): ReadonlyMap<string, { readonly view: JobView }> {
    return this.#simulated.jobs
  }

  /** Pods whose Job is gone. */
  get strays(): PodView[] {
    return this.#pods().filter(({ job }) => !this.jobs.has(job))
  }

  async createJob({ name, key, labels, annotations = {} }: NewJob): ReturnType<Cluster['createJob']> {
    this.#mayFail()
    const result = this.#simulated.create(name, this.#clock.now())
    if (result !== 'created') return { result }
    this.created++
    this.keys.set(name, key)
    this.annotations.set(name, annotations)
    const sessionId = labels[LABELS.sessionId]
    if (sessionId) this.#simulated.label(name, sessionId)
    return { result }
  }

  async getJob(name: string): Promise<JobView | undefined> {
    return this.jobs.get(name)?.view
  }

  async list() {
    this.#mayFail()
    return { jobs: [...this.jobs.values()].map(({ view }) => view), pods: this.#pods(), resourceVersion: '1' }
  }

  async inspect(name: string) {
    const job = await this.getJob(name)
    return { jobs: job ? [job] : [], pods: this.#pods().filter((pod) => pod.job === name) }
  }

  async deletePod(name: string, uid: string, graceMs: number) {
    this.#mayFail()
    this.deleted.push({ pod: name, graceMs })
    const died = this.#simulated.deletePod(uid, this.#clock.now(), graceMs)
    this.#isReplacing = true
    this.#pods()
    this.#isReplacing = false
    return died
  }

  async deleteJob(name: string, { uid }: { uid?: string }): Promise<boolean> {
    const job = this.jobs.get(name)
    return job !== undefined && this.#simulated.delete(name, uid ?? job.view.uid, this.#clock.now())
  }

  async label(
    job: string,
    _pod: string,
    labels: Readonly<Record<string, string>>,
    annotations: Readonly<Record<string, string>> = {},
  ): Promise<void> {
    this.#mayFail()
    this.labelled.push({ job, labels })
    this.annotations.set(job, { ...this.annotations.get(job), ...annotations })
    const sessionId = labels[LABELS.sessionId]
    if (sessionId) this.#simulated.label(job, sessionId)
  }

  async podsVersion(): Promise<string> {
    this.#mayFail()
    return '1'
  }

  /** No pod changes by itself here, so the wait is over at once. */
  async nextChange(resourceVersion: string, { timeoutMs }: { readonly timeoutMs: number }) {
    await new Promise((resolve) => setImmediate(resolve))
    this.#clock.sleep(Math.ceil(timeoutMs))
    return { jobs: [], resourceVersion }
  }

  async state(): Promise<string | undefined> {
    return this.eksState
  }

  async version(): Promise<string> {
    this.#mayFail()
    return 'v1.36.3'
  }

  /** Makes every pod Ready, or those of one Job. */
  makeReady(job?: string): void {
    const readyAtMs = this.#clock.now()
    this.#change(
      (view) => job === undefined || view.job === job,
      (view) => ({ ...view, ready: true, phase: 'Running', readyAtMs }),
    )
  }

  /** Gives every pod that is not Ready a problem, as Kubernetes reports one. */
  trouble(problem: string): void {
    this.#change(
      ({ ready }) => !ready,
      (view) => ({ ...view, problem }),
    )
  }

  /** Makes the pods of a Job not Ready. */
  sicken(job: string): void {
    this.#change(
      (view) => view.job === job,
      (view) => ({ ...view, ready: false }),
    )
  }

  /** Deletes a Job but not its pods, as `kubectl delete job --cascade=orphan` does. */
  orphan(job: string): void {
    this.#simulated.orphan(job)
  }

  /** Ends the pods of a Job with exit code 0, which completes the Job. */
  complete(job: string): void {
    for (const view of this.#pods()) {
      if (view.job === job) this.#simulated.exit(view.pod.uid, 0, this.#clock.now())
    }
  }

  /** The pods now. */
  #pods(): PodView[] {
    this.#simulated.advance(this.#clock.now())
    return this.#simulated.pods.map(({ view }) => view)
  }

  #change(which: (view: PodView) => boolean, how: (view: PodView) => PodView): void {
    for (const pod of this.#simulated.pods) {
      if (which(pod.view)) pod.view = how(pod.view)
    }
  }

  #mayFail(): void {
    if (this.outage) throw this.outage
  }
}
