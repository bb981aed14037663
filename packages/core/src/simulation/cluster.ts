/**
 * A Kubernetes small enough to reason about: Jobs that heal after the controller's back-off, pods that take their time to
 * start and to go. It has no clock: {@link SimulatedCluster.advance} moves it on.
 */

import type { Pod, Progress } from '../api/contracts.ts'
import { aliasOf } from '../identity/alias.ts'
import type { JobView, PodView } from '../state/state.ts'
import { hex, uuid } from './random.ts'

export interface ClusterOptions {
  /** The namespace's quota of Jobs. */
  readonly quota: () => number
  readonly random: () => number
  /** How long the next pod takes from created to Ready, ms. */
  readonly startMs: () => number
}

/** How a pod's process ends, as its socket sees it. */
export type PodEnd = 'terminated' | 'crashed'

interface SimulatedPod {
  view: PodView
  readonly startMs: number
  /** Its image cannot be had. */
  readonly broken: boolean
  /** It accepts connections and says nothing. */
  frozen: boolean
  /** SIGKILL is due: a frozen pod does not end by itself. */
  endAtMs?: number
  goneAtMs?: number
}
interface SimulatedJob {
  view: JobView
  failures: number
  healAtMs?: number
}

/** Measured on Kubernetes 1.36: a deleted pod is gone after 2.7 s. */
const DYING_MS = 2_700
/** The Job controller's first back-off; it doubles with each further failure, up to six minutes. */
export const BACK_OFF_MS = 10_000
const BACK_OFF_MAX_MS = 360_000
/** When the steps of a start are over, as shares of it. */
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
  /** UIDs of pods that somebody asked to kill. */
  readonly killed = new Set<string>()
  /** New pods never become Ready. */
  imageIsBroken = false
  /** Hears of every process that ends. */
  onEnd: (uid: string, how: PodEnd) => void = () => {}
  readonly #options: ClusterOptions
  #serial = 0

  constructor(options: ClusterOptions) {
    this.#options = options
  }

  create(name: string, spec: string, nowMs: number): 'created' | 'exists' | 'quota' {
    if (this.jobs.has(name)) return 'exists'
    if (this.jobs.size >= this.#options.quota()) return 'quota'
    const uid = uuid(this.#options.random)
    this.jobs.set(name, {
      view: { name, uid, resourceVersion: uid, createdAtMs: nowMs, state: 'active', spec, assigned: false },
      failures: 0,
    })
    this.#addPod(name, nowMs)
    return 'created'
  }

  /** Mirrors a claim onto the Job. */
  label(name: string, sessionId: string): void {
    const job = this.jobs.get(name)
    if (job) job.view = { ...job.view, assigned: true, sessionId }
  }

  /** With its pods, in the background. @returns false when another Job goes by that name. */
  delete(name: string, uid: string, nowMs: number): boolean {
    if (this.jobs.get(name)?.view.uid !== uid) return false
    this.jobs.delete(name)
    for (const pod of this.pods.filter(({ view }) => view.job === name)) this.#terminate(pod, nowMs, 1_000)
    return true
  }

  /** As `kubectl delete job --cascade=orphan`. */
  orphan(name: string): void {
    this.jobs.delete(name)
  }

  /** Deletes a pod; one that is frozen ends only when its grace is over. Its Job replaces it after the back-off. */
  killPod(uid: string, nowMs: number, graceMs = 1_000): boolean {
    const pod = this.find(uid)
    if (!pod || pod.view.deleting) return false
    this.killed.add(uid)
    this.#terminate(pod, nowMs, graceMs)
    this.#heal(pod.view.job, nowMs)
    return true
  }

  /** A pod's process ends: exit 0 completes its Job, any other makes the Job replace it. */
  exit(uid: string, code: number, nowMs: number): void {
    const pod = this.find(uid)
    if (!pod || pod.view.phase === 'Failed' || pod.view.phase === 'Succeeded') return
    const phase = code === 0 ? 'Succeeded' : 'Failed'
    pod.view = { ...pod.view, phase, ready: false, diedAtMs: wholeSecond(nowMs) }
    this.onEnd(uid, 'crashed')
    const job = this.jobs.get(pod.view.job)
    if (code !== 0) this.#heal(pod.view.job, nowMs)
    else if (job) job.view = { ...job.view, state: 'complete' }
  }

  freeze(uid: string): void {
    const pod = this.find(uid)
    if (pod) pod.frozen = true
  }

  /** A pod that is there, dead or alive. */
  find(uid: string): SimulatedPod | undefined {
    return this.pods.find(({ view }) => view.pod.uid === uid)
  }

  /** The pod that would answer at an address. */
  at(ip: string): SimulatedPod | undefined {
    return this.pods.find(({ view }) => view.pod.ip === ip && view.ready && !view.deleting)
  }

  /** When {@link advance} has something to do next, ms; undefined: nothing is under way. */
  nextDueMs(): number | undefined {
    const due = [
      ...[...this.jobs.values()].flatMap(({ healAtMs }) => healAtMs ?? []),
      ...this.pods.flatMap((pod) => [pod.endAtMs ?? [], pod.goneAtMs ?? [], nextStepMs(pod) ?? []].flat()),
    ]
    return due.length === 0 ? undefined : Math.min(...due)
  }

  /** The cluster moves on to `nowMs`. @returns whether anything changed. */
  advance(nowMs: number): boolean {
    const due = this.nextDueMs()
    if (due === undefined || due > nowMs) return false
    for (const pod of this.pods) if (pod.endAtMs !== undefined && pod.endAtMs <= nowMs) this.#end(pod, nowMs)
    this.pods = this.pods.filter(({ goneAtMs }) => goneAtMs === undefined || goneAtMs > nowMs)
    for (const [name, job] of this.jobs)
      if (job.healAtMs !== undefined && job.healAtMs <= nowMs) {
        delete job.healAtMs
        this.#addPod(name, nowMs)
      }
    for (const pod of this.pods) if ((nextStepMs(pod) ?? nowMs + 1) <= nowMs) step(pod, nowMs)
    return true
  }

  #terminate(pod: SimulatedPod, nowMs: number, graceMs: number): void {
    if (pod.view.deleting) return
    pod.view = { ...pod.view, deleting: true, ready: false }
    pod.goneAtMs = nowMs + Math.max(DYING_MS, pod.frozen ? graceMs + DYING_MS : 0)
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
    job.healAtMs = nowMs + Math.min(BACK_OFF_MAX_MS, BACK_OFF_MS * 2 ** job.failures++)
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
        assigned: false,
        progress: [],
      },
      startMs: this.#options.startMs(),
      broken: this.imageIsBroken,
      frozen: false,
    }
    fresh.view = { ...fresh.view, progress: progressOf(fresh, nowMs) }
    this.pods.push(fresh)
  }

  #newPod(job: string, nowMs: number): Pod {
    const { random } = this.#options
    const uid = uuid(random)
    const n = this.#serial++
    return {
      name: `${job}-${hex(random, 5)}`,
      uid,
      alias: aliasOf(uid),
      ip: `10.88.${(n >> 8) & 255}.${n & 255}`,
      node: `simulated-node-${(n % 3) + 1}`,
      zone: `simulated-${'abc'[n % 3]}`,
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
  const i = pod.view.progress.findIndex(({ at }) => at === null)
  const share = STEPS[i]?.[1]
  return share === undefined ? undefined : pod.view.createdAtMs + share * pod.startMs
}

function step(pod: SimulatedPod, nowMs: number): void {
  const progress = progressOf(pod, nowMs)
  const ready = progress.every(({ at }) => at !== null)
  const readiness = ready ? ({ phase: 'Running', ready, readyAtMs: wholeSecond(nowMs) } as const) : {}
  pod.view = { ...pod.view, progress, ...readiness }
}

function progressOf({ view, startMs }: SimulatedPod, nowMs: number): Progress {
  return STEPS.map(([step, share]) => {
    const atMs = view.createdAtMs + share * startMs
    return { step, at: atMs <= nowMs ? new Date(wholeSecond(atMs)).toISOString() : null }
  })
}
