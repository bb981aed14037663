/** A cluster small enough to reason about: Jobs that heal after 10 s, pods that take 2 s to be Ready and 2 s to go. */
import { pod } from './_world.ts'
import type { JobView, PodView } from './pool.ts'

const START_MS = 2_000
const DYING_MS = 2_000
const BACK_OFF_MS = 10_000

interface ToyPod {
  view: PodView
  readonly bornAtMs: number
  broken: boolean
  goneAtMs?: number
}
interface ToyJob {
  view: JobView
  healAtMs?: number
}

export class ToyCluster {
  readonly jobs = new Map<string, ToyJob>()
  pods: ToyPod[] = []
  /** Pods that somebody asked to kill. */
  readonly killed = new Set<string>()
  /** New pods never become Ready. */
  imageIsBroken = false
  readonly #quota: number
  #serial = 0

  constructor(quota: number) {
    this.#quota = quota
  }

  create(name: string, spec: string, nowMs: number): 'created' | 'exists' | 'quota' {
    if (this.jobs.has(name)) return 'exists'
    if (this.jobs.size >= this.#quota) return 'quota'
    const uid = `${name}-uid-${this.#serial++}`
    this.jobs.set(name, {
      view: { name, uid, resourceVersion: uid, createdAtMs: nowMs, state: 'active', spec, assigned: false },
    })
    this.#addPod(name, nowMs)
    return 'created'
  }

  delete(name: string, uid: string, nowMs: number): boolean {
    if (this.jobs.get(name)?.view.uid !== uid) return false
    this.jobs.delete(name)
    for (const p of this.pods.filter((p) => p.view.job === name)) kill(p, nowMs)
    return true
  }

  /** As `kubectl delete job --cascade=orphan`. */
  orphan(name: string): void {
    this.jobs.delete(name)
  }

  /** A pod is told to go; its Job replaces it after the back-off. */
  killPod(uid: string, nowMs: number): boolean {
    const found = this.pods.find((p) => p.view.pod.uid === uid && !p.view.deleting)
    if (!found) return false
    kill(found, nowMs)
    this.killed.add(uid)
    this.#heal(found.view.job, nowMs)
    return true
  }

  /** A pod's process ends: exit 0 completes its Job, any other makes the Job replace it. */
  exit(uid: string, code: number, nowMs: number): void {
    const found = this.pods.find((p) => p.view.pod.uid === uid && p.view.phase !== 'Failed')
    if (!found) return
    const phase = code === 0 ? 'Succeeded' : 'Failed'
    found.view = { ...found.view, phase, ready: false, diedAtMs: nowMs }
    const job = this.jobs.get(found.view.job)
    if (code !== 0) this.#heal(found.view.job, nowMs)
    else if (job) job.view = { ...job.view, state: 'complete' }
  }

  /** The cluster moves on to `nowMs`. */
  advance(nowMs: number): void {
    this.pods = this.pods.filter((p) => p.goneAtMs === undefined || p.goneAtMs > nowMs)
    for (const [name, job] of this.jobs)
      if (job.healAtMs !== undefined && job.healAtMs <= nowMs) {
        delete job.healAtMs
        this.#addPod(name, nowMs)
      }
    for (const p of this.pods)
      if (p.view.phase === 'Pending' && !p.broken && !p.view.deleting && nowMs - p.bornAtMs >= START_MS)
        p.view = { ...p.view, phase: 'Running', ready: true, readyAtMs: nowMs }
  }

  #heal(name: string, nowMs: number): void {
    const job = this.jobs.get(name)
    if (job?.view.state === 'active') job.healAtMs = nowMs + BACK_OFF_MS
  }

  #addPod(name: string, nowMs: number): void {
    const { readyAtMs: _readyAtMs, ...view } = pod(name, {}, this.#serial++)
    this.pods.push({
      view: { ...view, createdAtMs: nowMs, phase: 'Pending', ready: false },
      bornAtMs: nowMs,
      broken: this.imageIsBroken,
    })
  }
}

function kill(p: ToyPod, nowMs: number): void {
  p.view = { ...p.view, deleting: true, ready: false, diedAtMs: nowMs }
  p.goneAtMs = nowMs + DYING_MS
}
