/**
 * A small Kubernetes in memory. Jobs replace a failed pod after the controller's back-off; pods take time to start and to
 * end. The cluster has no clock: {@link SimulatedCluster.advance} moves it forward.
 */
import type { Pod, Progress } from '../api/contracts.ts'
import { aliasOf } from '../identity/alias.ts'
import type { JobView, PodView } from '../state/cluster-view.ts'
import { hex, uuid } from './random.ts'

export interface ClusterOptions {
  /** Jobs that the namespace's ResourceQuota allows. */
  readonly quota: () => number
  /** 0 ≤ x < 1. It decides every name. */
  readonly random: () => number
  /** Time from creation to Ready of the next pod, ms. 0: Ready at once. */
  readonly startMs: () => number
  /** Time until a deleted pod is gone, ms. By default as measured on Kubernetes 1.36. */
  readonly dyingMs?: number
  /** The Job controller's first back-off, ms; it doubles with each further failure. By default Kubernetes' own. */
  readonly backOffMs?: number
}

/** How the end of a pod's process shows on its socket: a closing handshake, or none. */
export type PodEnd = 'terminated' | 'crashed'

export interface SimulatedPod {
  view: PodView
  readonly startMs: number
  /** The image cannot be pulled, so the pod never starts. */
  readonly broken: boolean
  /** The pod accepts connections and sends nothing. */
  frozen: boolean
  /** When SIGKILL ends a frozen pod, which ignores SIGTERM. */
  endAtMs?: number
  goneAtMs?: number
}
interface SimulatedJob {
  view: JobView
  failures: number
  /** When the Job controller creates the replacement pod. */
  healAtMs?: number
}

/** A deleted pod is gone after 2.7 s, measured on Kubernetes 1.36. */
const DYING_MS = 2_700
/** The Job controller's first back-off. It doubles with each further failure, up to six minutes. */
export const BACK_OFF_MS = 10_000
const BACK_OFF_MAX_MS = 360_000
/** When each step of a start is over, as a share (0..1) of the whole start. */
const STEPS = [
  ['created', 0],
  ['scheduled', 0.03],
  ['network', 0.1],
  ['started', 0.2],
  ['ready', 1],
] as const

export class SimulatedCluster {
  readonly jobs = new Map<string, SimulatedJob>()
  pods: SimulatedPod[] = []
  /** UIDs of the pods that a delete request named. */
  readonly killed = new Set<string>()
  /** True: new pods never become Ready. */
  imageIsBroken = false
  /** Called when a pod's process ends. */
  onEnd: (uid: string, how: PodEnd) => void = () => {}
  readonly #options: ClusterOptions
  #serial = 0

  constructor(options: ClusterOptions) {
    this.#options = options
  }

  /** Creates a Job and its first pod, unless the name is taken or the quota is used up. */
  create(name: string, nowMs: number): 'created' | 'exists' | 'quota' {
    if (this.jobs.has(name)) return 'exists'
    if (this.jobs.size >= this.#options.quota()) return 'quota'
    const uid = uuid(this.#options.random)
    this.jobs.set(name, {
      view: { name, uid, resourceVersion: uid, createdAtMs: nowMs, state: 'active' },
      failures: 0,
    })
    this.#addPod(name, nowMs)
    return 'created'
  }

  /** Labels the Job with the session that has claimed it. */
  label(name: string, sessionId: string): void {
    const job = this.jobs.get(name)
    if (job) job.view = { ...job.view, sessionId }
  }

  /** Deletes a Job, and its pods in the background. @returns false when the name belongs to another Job, or none. */
  delete(name: string, uid: string, nowMs: number): boolean {
    if (this.jobs.get(name)?.view.uid !== uid) return false
    this.jobs.delete(name)
    for (const pod of this.pods.filter(({ view }) => view.job === name)) this.#terminate(pod, nowMs, 1_000)
    return true
  }

  /** Deletes a Job but not its pods, as `kubectl delete job --cascade=orphan` does. */
  orphan(name: string): void {
    this.jobs.delete(name)
  }

  /**
   * Deletes a pod. A frozen pod ends only when its grace is over. The Job replaces the pod after its back-off.
   * @returns the time of the delete in whole seconds, as the API server reports it; undefined when the pod is gone or
   * being deleted.
   */
  deletePod(uid: string, nowMs: number, graceMs = 1_000): { diedAtMs: number } | undefined {
    const pod = this.find(uid)
    if (!pod || pod.view.deleting) return undefined
    this.killed.add(uid)
    this.#terminate(pod, nowMs, graceMs)
    this.#heal(pod.view.job, nowMs)
    return { diedAtMs: wholeSecond(nowMs) }
  }

  /** Ends a pod's process. Exit code 0 completes the Job; any other code makes the Job replace the pod. */
  exit(uid: string, code: number, nowMs: number): void {
    const pod = this.find(uid)
    if (!pod || pod.view.phase === 'Failed' || pod.view.phase === 'Succeeded') return
    const phase = code === 0 ? 'Succeeded' : 'Failed'
    const exit = { code, reason: code === 0 ? 'Completed' : 'Error' }
    pod.view = { ...pod.view, phase, ready: false, diedAtMs: wholeSecond(nowMs), exit }
    this.onEnd(uid, 'crashed')
    const job = this.jobs.get(pod.view.job)
    if (code !== 0) this.#heal(pod.view.job, nowMs)
    else if (job) job.view = { ...job.view, state: 'complete' }
  }

  /** Makes a pod stop responding while it keeps its connections. */
  freeze(uid: string): void {
    const pod = this.find(uid)
    if (pod) pod.frozen = true
  }

  /** The pod with this UID, running or ended. */
  find(uid: string): SimulatedPod | undefined {
    return this.pods.find(({ view }) => view.pod.uid === uid)
  }

  /** The Ready pod at an IP address. */
  at(ip: string): SimulatedPod | undefined {
    return this.pods.find(({ view }) => view.pod.ip === ip && view.ready && !view.deleting)
  }

  /** When {@link advance} has something to do next, ms; undefined when no change is due. */
  nextDueMs(): number | undefined {
    const due = [
      ...[...this.jobs.values()].flatMap(({ healAtMs }) => healAtMs ?? []),
      ...this.pods.flatMap((pod) => [pod.endAtMs ?? [], pod.goneAtMs ?? [], nextStepMs(pod) ?? []].flat()),
    ]
    return due.length === 0 ? undefined : Math.min(...due)
  }

  /** Moves the cluster forward to `nowMs`. @returns true when it changed. */
  advance(nowMs: number): boolean {
    const due = this.nextDueMs()
    if (due === undefined || due > nowMs) return false
    for (const pod of this.pods) {
      if (pod.endAtMs !== undefined && pod.endAtMs <= nowMs) this.#end(pod, nowMs)
    }
    this.pods = this.pods.filter(({ goneAtMs }) => goneAtMs === undefined || goneAtMs > nowMs)
    for (const [name, job] of this.jobs) {
      if (job.healAtMs === undefined || job.healAtMs > nowMs) continue
      delete job.healAtMs
      this.#addPod(name, nowMs)
    }
    for (const pod of this.pods) {
      const stepMs = nextStepMs(pod)
      if (stepMs !== undefined && stepMs <= nowMs) advancePod(pod, nowMs)
    }
    return true
  }

  #terminate(pod: SimulatedPod, nowMs: number, graceMs: number): void {
    if (pod.view.deleting) return
    pod.view = { ...pod.view, deleting: true, ready: false }
    const dyingMs = this.#options.dyingMs ?? DYING_MS
    pod.goneAtMs = nowMs + (pod.frozen ? graceMs + dyingMs : dyingMs)
    if (pod.frozen) pod.endAtMs = nowMs + graceMs
    else this.#end(pod, nowMs)
  }

  #end(pod: SimulatedPod, nowMs: number): void {
    delete pod.endAtMs
    pod.view = { ...pod.view, diedAtMs: pod.view.diedAtMs ?? wholeSecond(nowMs) }
    this.onEnd(pod.view.pod.uid, pod.frozen ? 'crashed' : 'terminated')
  }

  #heal(name: string, nowMs: number): void {
    const job = this.jobs.get(name)
    if (job?.view.state !== 'active' || job.healAtMs !== undefined) return
    const firstMs = this.#options.backOffMs ?? BACK_OFF_MS
    job.healAtMs = nowMs + Math.min(BACK_OFF_MAX_MS, firstMs * 2 ** job.failures++)
  }

  #addPod(job: string, nowMs: number): void {
    const fresh: SimulatedPod = {
      view: {
        job,
        pod: this.#newPod(job, nowMs),
        createdAtMs: nowMs,
        phase: 'Pending',
        ready: false,
        deleting: false,
        progress: [],
      },
      startMs: this.#options.startMs(),
      broken: this.imageIsBroken,
      frozen: false,
    }
    advancePod(fresh, nowMs)
    this.pods.push(fresh)
  }

  #newPod(job: string, nowMs: number): Pod {
    const { random } = this.#options
    const uid = uuid(random)
    const serial = this.#serial++
    return {
      name: `${job}-${hex(random, 5)}`,
      uid,
      alias: aliasOf(uid),
      ip: `10.88.${(serial >> 8) & 255}.${serial & 255}`,
      node: `simulated-node-${(serial % 3) + 1}`,
      zone: `simulated-${'abc'[serial % 3]}`,
      startedAt: new Date(nowMs).toISOString(),
    }
  }
}

/** Kubernetes' condition times have whole seconds. */
function wholeSecond(ms: number): number {
  return Math.floor(ms / 1_000) * 1_000
}

function isStarting({ view, broken }: SimulatedPod): boolean {
  return view.phase === 'Pending' && !view.deleting && !broken
}

/** When the next step of a start is over, ms. */
function nextStepMs(pod: SimulatedPod): number | undefined {
  if (!isStarting(pod)) return undefined
  const next = pod.view.progress.findIndex(({ at }) => at === null)
  const share = STEPS[next]?.[1]
  return share === undefined ? undefined : pod.view.createdAtMs + share * pod.startMs
}

/** Sets the steps of a start that are over, and Ready with the last one. */
function advancePod(pod: SimulatedPod, nowMs: number): void {
  const progress = progressOf(pod, nowMs)
  const ready = !pod.broken && progress.every(({ at }) => at !== null)
  const readiness = ready ? ({ phase: 'Running', ready, readyAtMs: wholeSecond(nowMs) } as const) : {}
  pod.view = { ...pod.view, progress, ...readiness }
}

function progressOf({ view, startMs }: SimulatedPod, nowMs: number): Progress {
  return STEPS.map(([step, share]) => {
    const atMs = view.createdAtMs + share * startMs
    return { step, at: atMs <= nowMs ? new Date(wholeSecond(atMs)).toISOString() : null }
  })
}
