/**
 * The rows of DynamoDB and a {@link SimulatedCluster}, with refill's steps applied to them as the product applies them: the
 * row first, by compare-and-set, the cluster after. Every rule is looked at with every write. The property tests of the
 * planner run on it, and so does the page's simulator.
 */
import type { Receipt } from '../contracts.ts'
import type { Limits } from '../limits.ts'
import { parseWarmJobName, warmJobName } from '../names.ts'
import { plan, type Step } from '../plan.ts'
import {
  type ClaimedSlot,
  type EmptySlot,
  leftBehind,
  type SessionRow,
  type Slot,
  type Snapshot,
  type StartingSlot,
  servingPod,
  type WarmSlot,
} from '../pool.ts'
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
      this.#apply(step, dies)
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

  #apply(step: Step, dies: boolean): void {
    switch (step.do) {
      case 'reserve':
        this.#reserve(step.slot, dies)
        return
      case 'createJob':
        this.#createWarmJob(step.slot, dies)
        return
      case 'markWarm':
        this.#markWarm(step)
        return
      case 'noteProgress': {
        const { problem: _problem, ...rest } = step.slot
        const next = { ...rest, progress: step.progress, ...(step.problem ? { problem: step.problem } : {}) }
        this.moveSlot(step.slot, next)
        return
      }
      case 'confirmWarm':
        this.moveSlot(step.slot, { ...step.slot, checkedAtMs: this.nowMs })
        return
      case 'finishClaim':
        this.#finishClaim(step.slot, step.session)
        return
      case 'free':
        this.#free(step.slot, dies)
        return
      case 'retire':
        if (this.moveSlot(step.slot, this.#emptied(step.slot)) && !dies)
          this.#deleteJob(step.slot.job, step.jobUid)
        return
      case 'createSessionJob':
        if (!dies) this.cluster.create(step.session.job, this.spec, this.nowMs)
        return
      case 'activate':
        this.activate(step)
        return
      case 'killPod':
        this.#killPod(step, dies)
        return
      case 'end':
        this.end(step.session, step.because)
        return
      case 'recordHeal':
        this.#recordHeal(step)
        return
      case 'dropJob':
        this.#dropJob(step, dies)
        return
      case 'deleteJob':
        if (!dies) this.#deleteJob(step.job, step.jobUid)
        return
      case 'settle':
        this.write(step.session, { ...step.session, settled: true })
        return
      case 'sweepJob':
        if (!this.#isNamed(step.job) && !dies) this.#deleteJob(step.job, step.jobUid)
        return
      case 'sweepPod':
        if (!dies) this.cluster.killPod(step.podUid, this.nowMs)
        return
      default:
        step satisfies never
    }
  }

  /** Hands a pod that has become Ready to the session that waits for it. @returns the row as written, if it was not overtaken. */
  activate({ session: seen, pod, healed }: Step & { do: 'activate' }): SessionRow | undefined {
    const { kill, leftPodUid: _leftPodUid, ...rest } = seen
    const heals =
      healed && kill ? [...seen.heals, { epoch: kill.epoch, how: kill.how, ...healed }] : seen.heals
    const row = this.write(seen, { ...rest, state: 'live', pod, heals, epochAtMs: this.nowMs })
    if (row && healed) this.statistics.measure('heal', healed.healMs)
    if (row && seen.state === 'starting' && row.epoch === 1) this.statistics.count('cold')
    return row
  }

  /** @returns whether it had not ended before. */
  end(seen: SessionRow, because: NonNullable<SessionRow['endReason']>): boolean {
    const ended = { ...seen, state: 'ended', endReason: because, endedAtMs: this.nowMs } as const
    return this.write(seen, ended) !== undefined
  }

  #reserve(slot: EmptySlot, dies: boolean): void {
    const next: StartingSlot = {
      slot: slot.slot,
      gen: slot.gen,
      state: 'STARTING',
      sinceMs: this.nowMs,
      job: warmJobName(slot.slot, slot.gen, this.suffix()),
      key: 'key',
      spec: this.spec,
    }
    if (this.moveSlot(slot, next)) this.#createWarmJob(next, dies)
  }

  #createWarmJob(slot: StartingSlot, dies: boolean): void {
    if (dies) return
    const made = this.cluster.create(slot.job, slot.spec, this.nowMs)
    if (made === 'created') this.#note(slot.job)
    if (made !== 'quota') return
    this.moveSlot(slot, this.#emptied(slot))
    this.pausedUntilMs = this.nowMs + this.limits.refillBackOffMs
    this.problem = 'ResourceQuota: every Job we may run is in use'
  }

  #markWarm({ slot, pod }: Step & { do: 'markWarm' }): void {
    const { progress: _progress, problem: _problem, ...rest } = slot
    const startMs = Math.round(this.nowMs - slot.sinceMs)
    const next: WarmSlot = {
      ...rest,
      state: 'WARM',
      pod,
      sinceMs: this.nowMs,
      checkedAtMs: this.nowMs,
      startMs,
    }
    if (!this.moveSlot(slot, next)) return
    this.problem = undefined
    this.statistics.measure('start', startMs)
  }

  #finishClaim(slot: ClaimedSlot, seen: SessionRow | undefined): void {
    const { sessionId, epoch, job, key, pod } = slot
    const held = { job, key, pod, epoch, state: 'live', epochAtMs: this.nowMs } as const
    if (!seen) {
      this.write(undefined, this.newSession(sessionId, { ...held, source: 'warm' }))
      return
    }
    const { kill: _kill, leftPodUid: _leftPodUid, ...rest } = seen
    this.write(seen, { ...rest, ...held, source: 'rescued', oldJobs: [...seen.oldJobs, leftBehind(seen)] })
  }

  #free(slot: ClaimedSlot, dies: boolean): void {
    this.cluster.label(slot.job, slot.sessionId)
    if (dies || !this.moveSlot(slot, this.#emptied(slot))) return
    this.statistics.count(slot.epoch === 1 ? 'warm' : 'failovers')
  }

  #killPod({ session: seen, kill, podUid }: Step & { do: 'killPod' }, dies: boolean): void {
    this.ledger.look('dead', (kill.podUid ?? podUid) === podUid, `${podUid} was killed in place of another`)
    this.cluster.killPod(
      podUid,
      this.nowMs,
      kill.how === 'freeze' ? this.limits.frozenGraceMs : this.limits.graceMs,
    )
    if (dies) return
    this.closeKill(seen, podUid)
  }

  /** Notes that the API server has taken a delete: on the session's kill, or on that of the Job it has left. */
  closeKill(seen: SessionRow, podUid: string): SessionRow | undefined {
    const { kill } = seen
    if (kill && !kill.done && (kill.podUid ?? podUid) === podUid) {
      const done = { ...seen, kill: { ...kill, podUid, done: true } }
      return this.write(seen, seen.pod ? done : { ...done, leftPodUid: podUid })
    }
    const oldJobs = seen.oldJobs.map((old) =>
      old.kill?.podUid === podUid && !old.kill.done ? { ...old, kill: { ...old.kill, done: true } } : old,
    )
    return this.write(seen, { ...seen, oldJobs })
  }

  #recordHeal({ session: seen, oldJob, healed }: Step & { do: 'recordHeal' }): void {
    const { kill } = oldJob
    this.ledger.look('dead', kill?.podUid !== undefined, 'a healing was timed of which no death is known')
    if (!kill) return
    const heal = { epoch: oldJob.epoch, how: kill.how, ...healed }
    if (this.write(seen, { ...seen, heals: [...seen.heals, heal] }))
      this.statistics.measure('heal', healed.healMs)
  }

  #dropJob({ session: seen, oldJob, jobUid }: Step & { do: 'dropJob' }, dies: boolean): void {
    const oldJobs = seen.oldJobs.filter((old) => old.job !== oldJob.job)
    if (this.write(seen, { ...seen, oldJobs }) && !dies) this.#deleteJob(oldJob.job, jobUid)
  }

  #deleteJob(name: string, uid: string | undefined): void {
    const holder = [...this.sessions.values()].find((s) => s.state !== 'ended' && s.job === name)
    const serves = holder && servingPod(this.snapshot().pods, name)?.ready === true
    this.ledger.look('spared', !serves, `${name}, the Job of session ${holder?.sessionId}`)
    this.ledger.look('guarded', !this.#isHeld(name), name)
    const found = uid ?? this.cluster.jobs.get(name)?.view.uid
    if (found) this.cluster.delete(name, found, this.nowMs)
  }

  /** Whether a slot or a session that goes on names this Job. Of a claim that is complete only the session's word counts. */
  #isHeld(job: string): boolean {
    const isOpen = (slot: ClaimedSlot): boolean => {
      const session = this.sessions.get(slot.sessionId)
      return !session || (session.state !== 'ended' && session.epoch < slot.epoch)
    }
    const bySlot = [...this.slots.values()].some(
      (s) => s.state !== 'EMPTY' && s.job === job && (s.state !== 'CLAIMED' || isOpen(s)),
    )
    return bySlot || [...this.sessions.values()].some((s) => s.state !== 'ended' && names(s, job))
  }

  #isNamed(job: string): boolean {
    return (
      [...this.slots.values()].some((s) => s.state !== 'EMPTY' && s.job === job) ||
      [...this.sessions.values()].some((s) => !s.settled && names(s, job))
    )
  }

  #emptied(slot: Slot): EmptySlot {
    return { slot: slot.slot, gen: slot.gen + 1, state: 'EMPTY', sinceMs: this.nowMs }
  }

  #note(job: string): void {
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

function names({ job, oldJobs }: SessionRow, name: string): boolean {
  return job === name || oldJobs.some((old) => old.job === name)
}
