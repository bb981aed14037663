/**
 * The rows of DynamoDB and a {@link SimulatedCluster}, with refill's steps applied to them as the product applies them: the
 * row first, by compare-and-set, the cluster after. Every rule is looked at with every write. The property tests of the
 * planner run on it, and so does the page's simulator.
 */
import type { Receipt } from '../api/contracts.ts'
import { parseWarmJobName } from '../identity/names.ts'
import type { Limits } from '../limits.ts'
import { plan, type Step } from '../planner/plan.ts'
import type { SessionRow, Slot, Snapshot } from '../state/state.ts'
import { applyStep } from './apply.ts'
import { SimulatedCluster } from './cluster.ts'
import { Ledger } from './ledger.ts'
import { hex } from './random.ts'
import { Statistics } from './statistics.ts'

export interface WorldOptions {
  readonly nowMs: number
  readonly limits: Limits
  /** 0 to 1; decides every name and every choice. */
  readonly random: () => number
  /** How long the next pod takes from created to Ready, ms. */
  readonly startMs: () => number
}

/** How far a run of refill gets before it dies. */
export interface Crash {
  readonly afterSteps: number
  readonly halfOfTheNext: boolean
}

export class World {
  nowMs: number
  spec = 'spec-1'
  pausedUntilMs = 0
  lastRunAtMs: number | undefined
  problem: string | undefined
  /** What the call under way took so far, leg by leg, for its receipt. */
  stages: Receipt['stages'] = []
  readonly limits: Limits
  readonly random: () => number
  readonly cluster: SimulatedCluster
  readonly slots = new Map<number, Slot>()
  readonly sessions = new Map<string, SessionRow>()
  readonly ledger = new Ledger()
  readonly statistics = new Statistics()
  /** Every warm Job that was ever made, by slot and generation. */
  readonly #made = new Map<string, string>()
  /** Whom each pod has been shown to. */
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
      pods: this.cluster.pods.map(({ view }) => view),
      refill: { lastRunAtMs: this.lastRunAtMs, failures: 0, pausedUntilMs: this.pausedUntilMs, live: 0 },
    }
  }

  plan(snapshot: Snapshot = this.snapshot()): Step[] {
    return plan(snapshot, this.nowMs, { limits: this.limits, spec: this.spec })
  }

  /** Applies a plan, which may have been overtaken since it was made; a run may die on the way. */
  apply(steps: readonly Step[], crash?: Crash): void {
    for (const [i, step] of steps.entries()) {
      const dies = crash !== undefined && i >= crash.afterSteps
      if (dies && (!crash.halfOfTheNext || i > crash.afterSteps)) return
      applyStep(this, step, dies)
      this.#lookAround()
    }
  }

  /** The world moves on to `nowMs`. @returns whether anything changed in the cluster. */
  moveTo(nowMs: number): boolean {
    this.nowMs = nowMs
    this.ledger.nowMs = nowMs
    return this.cluster.advance(nowMs)
  }

  /** Compare-and-set on state and generation, as the slot's row has it. @returns false when it was overtaken. */
  moveSlot(from: Slot, to: Slot): boolean {
    const now = this.slots.get(from.slot)
    const unborn = now === undefined && from.state === 'EMPTY' && from.sinceMs === 0
    if (!unborn && (now?.state !== from.state || now.gen !== from.gen)) return false
    this.ledger.look('grows', to.gen >= (now?.gen ?? 0), `slot ${to.slot} went back to generation ${to.gen}`)
    this.ledger.look('oneJob', to.slot < this.limits.target, `slot ${to.slot} is beyond the target`)
    this.slots.set(to.slot, to)
    return true
  }

  /** Compare-and-set on the version. @returns the row as written, undefined when it was overtaken. */
  write(seen: SessionRow | undefined, next: SessionRow): SessionRow | undefined {
    const now = this.sessions.get(next.sessionId)
    if (now?.version !== seen?.version) return undefined
    const risen = now?.state === 'ended' && next.state !== 'ended'
    this.ledger.look(
      'grows',
      !risen && next.epoch >= (now?.epoch ?? 0),
      `session ${next.sessionId} went back`,
    )
    if (next.pod && next.state !== 'ended') this.#show(next.pod.uid, next.sessionId)
    if (next.state === 'live' && now?.state !== 'live')
      this.ledger.look('dead', !this.cluster.killed.has(next.pod?.uid ?? ''), `${next.pod?.name}`)
    const written = { ...next, version: (now?.version ?? 0) + 1 }
    this.sessions.set(next.sessionId, written)
    return written
  }

  /** A session as it is born, apart from its pod. */
  newSession(
    sessionId: string,
    more: Pick<SessionRow, 'state' | 'source' | 'job'> & Partial<SessionRow>,
  ): SessionRow {
    return {
      sessionId,
      version: 0,
      epoch: 1,
      key: '',
      createdAtMs: this.nowMs,
      epochAtMs: this.nowMs,
      seenAtMs: this.nowMs,
      connectedEpoch: 0,
      leaseEndsAtMs: this.nowMs + this.limits.leaseMs,
      endsAtMs: this.nowMs + this.limits.lifetimeMs,
      oldJobs: [],
      heals: [],
      receipt: { outcome: 'warm', stages: [], candidates: 0, tries: 1, conflicts: 0 },
      visitor: '',
      settled: false,
      ...more,
    }
  }

  /** Five characters for the name of a Job. */
  suffix(): string {
    return hex(this.random, 5)
  }

  /** Notes that a Job was made. */
  made(job: string): void {
    const name = parseWarmJobName(job)
    const key = `${name?.slot}-${name?.gen}`
    this.ledger.look(
      'oneJob',
      (this.#made.get(key) ?? job) === job,
      `two Jobs for slot and generation ${key}`,
    )
    this.#made.set(key, job)
  }

  #show(uid: string, sessionId: string): void {
    const holds = (this.#shown.get(uid) ?? sessionId) === sessionId
    this.ledger.look('onePod', holds, `${uid} was shown to two visitors`)
    this.#shown.set(uid, sessionId)
  }

  #lookAround(): void {
    const held = [...this.sessions.values()].flatMap(({ state, pod }) =>
      state === 'live' && pod ? [pod.uid] : [],
    )
    this.ledger.look('apart', new Set(held).size === held.length, 'two sessions hold one pod')
    const { size } = this.cluster.jobs
    this.ledger.look('cap', size <= this.limits.cap, `${size} Jobs`)
  }
}
