/**
 * The rows of DynamoDB and a {@link SimulatedCluster}, in memory. Writes are compare-and-set as in the product, and every
 * write checks the rules. The planner's property tests and the page's simulator run on it.
 */
import type { Receipt } from '../api/contracts.ts'
import { parseWarmJobName } from '../identity/names.ts'
import type { Limits } from '../limits.ts'
import { plan } from '../planner/plan.ts'
import type { Step } from '../planner/step.ts'
import type { PodPath } from '../state/cluster-view.ts'
import type { SessionRow } from '../state/session.ts'
import { isUninitialized, type Slot } from '../state/slot.ts'
import type { Snapshot } from '../state/snapshot.ts'
import { SimulatedCluster, type SimulatedPod } from './cluster.ts'
import { Invariants } from './invariants.ts'
import { hex } from './random.ts'
import { Statistics } from './statistics.ts'

export interface WorldOptions {
  readonly nowMs: number
  readonly limits: Limits
  /** 0 ≤ x < 1. It decides every name and every choice. */
  readonly random: () => number
  /** Time from creation to Ready of the next pod, ms. */
  readonly startMs: () => number
}

export class World {
  nowMs: number
  spec = 'spec-1'
  pausedUntilMs = 0
  lastRunAtMs: number | undefined
  problem: string | undefined
  /** Legs of the present API call, for the session's claim receipt. */
  stages: Receipt['stages'] = []
  readonly limits: Limits
  readonly random: () => number
  readonly cluster: SimulatedCluster
  readonly slots = new Map<number, Slot>()
  readonly sessions = new Map<string, SessionRow>()
  readonly invariants = new Invariants()
  readonly statistics = new Statistics()
  /** The Job created for each `<slot>-<gen>`. */
  readonly #created = new Map<string, string>()
  /** The session that each pod, by UID, was shown to. */
  readonly #shown = new Map<string, string>()

  constructor({ nowMs, limits, random, startMs }: WorldOptions) {
    this.nowMs = nowMs
    this.limits = limits
    this.random = random
    this.cluster = new SimulatedCluster({ quota: () => this.limits.cap, random, startMs })
  }

  snapshot(): Snapshot {
    return {
      slots: [...this.slots.values()],
      sessions: [...this.sessions.values()],
      jobs: [...this.cluster.jobs.values()].map(({ view }) => view),
      pods: this.cluster.pods.map((pod) => ({ ...pod.view, path: pathTo(pod, this.nowMs) })),
      refill: { failures: 0, pausedUntilMs: this.pausedUntilMs },
    }
  }

  plan(snapshot: Snapshot = this.snapshot()): Step[] {
    return plan(snapshot, this.nowMs, { limits: this.limits, spec: this.spec })
  }

  /** Moves the clock to `nowMs`. @returns true when the cluster has changed. */
  moveTo(nowMs: number): boolean {
    this.nowMs = nowMs
    this.invariants.nowMs = nowMs
    return this.cluster.advance(nowMs)
  }

  /** Compare-and-set on state and generation, as SlotStore does it. @returns false when another write came first. */
  moveSlot(from: Slot, to: Slot): boolean {
    const now = this.slots.get(from.slot)
    const isFirst = now === undefined && isUninitialized(from)
    if (!isFirst && (now?.state !== from.state || now.gen !== from.gen)) return false
    const detail = `slot ${to.slot} went back to generation ${to.gen}`
    this.invariants.check('grows', to.gen >= (now?.gen ?? 0), detail)
    this.invariants.check('oneJob', to.slot < this.limits.target, `slot ${to.slot} is beyond the target`)
    this.slots.set(to.slot, to)
    return true
  }

  /** Compare-and-set on the version, as SessionStore does it. @returns undefined when another write came first. */
  write(seen: SessionRow | undefined, next: SessionRow): SessionRow | undefined {
    const now = this.sessions.get(next.sessionId)
    if (now?.version !== seen?.version) return undefined
    const isRevived = now?.state === 'ended' && next.state !== 'ended'
    const grows = !isRevived && next.epoch >= (now?.epoch ?? 0)
    this.invariants.check('grows', grows, `session ${next.sessionId} went back`)
    if (next.pod && next.state !== 'ended') this.#show(next.pod.uid, next.sessionId)
    if (next.state === 'live' && now?.state !== 'live')
      this.invariants.check('dead', !this.cluster.killed.has(next.pod?.uid ?? ''), `${next.pod?.name}`)
    const written = { ...next, version: (now?.version ?? 0) + 1 }
    this.sessions.set(next.sessionId, written)
    return written
  }

  /**
   * Applies a transition as updateSession does in the product: again, to the present row, when another write came first.
   * @returns the row as it stands afterwards, and whether this transition changed it.
   */
  update(
    seen: SessionRow,
    transition: (row: SessionRow) => SessionRow | undefined,
  ): { row: SessionRow; changed: boolean } {
    const current = this.sessions.get(seen.sessionId) ?? seen
    const next = transition(current)
    const written = next && this.write(current, next)
    return written ? { row: written, changed: true } : { row: current, changed: false }
  }

  /** Five characters for the name of a Job. */
  suffix(): string {
    return hex(this.random, 5)
  }

  /** Checks that a generation of a slot has one Job. */
  checkCreated(job: string): void {
    const name = parseWarmJobName(job)
    const key = `${name?.slot}-${name?.gen}`
    const isOnly = (this.#created.get(key) ?? job) === job
    this.invariants.check('oneJob', isOnly, `two Jobs for slot and generation ${key}`)
    this.#created.set(key, job)
  }

  /** Checks the rules about the whole world. */
  checkAll(): void {
    const held = [...this.sessions.values()].flatMap(({ state, pod }) =>
      state === 'live' && pod ? [pod.uid] : [],
    )
    this.invariants.check('apart', new Set(held).size === held.length, 'two sessions hold one pod')
    const { size } = this.cluster.jobs
    this.invariants.check('cap', size <= this.limits.cap, `${size} Jobs`)
  }

  #show(uid: string, sessionId: string): void {
    const isSame = (this.#shown.get(uid) ?? sessionId) === sessionId
    this.invariants.check('onePod', isSame, `${uid} was shown to two visitors`)
    this.#shown.set(uid, sessionId)
  }
}

/** The result of a handshake through the gateway, which takes no time here. A frozen pod does not answer. */
function pathTo({ view, frozen }: SimulatedPod, nowMs: number): PodPath {
  if (!view.ready) return { state: 'unchecked' }
  return frozen
    ? { state: 'no_answer', problem: 'Kubernetes reports the pod Ready, but it does not answer' }
    : { state: 'reached', atMs: nowMs }
}
