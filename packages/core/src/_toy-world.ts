/**
 * Rows and a toy cluster, with refill's steps applied to them as the product applies them: the row first, by
 * compare-and-set, the cluster after. What must always hold is checked at every write.
 */
import { ToyCluster } from './_toy-cluster.ts'
import { NOW, session } from './_world.ts'
import { LIMITS } from './limits.ts'
import { parseWarmJobName, warmJobName } from './names.ts'
import { plan, type Step } from './plan.ts'
import type { ClaimedSlot, EmptySlot, SessionRow, Slot, Snapshot, StartingSlot, WarmSlot } from './pool.ts'
import { servingPod } from './pool.ts'

/** How far a run of refill gets with its last step before it dies. */
export type Crash = { afterSteps: number; halfOfTheNext: boolean }

export class ToyWorld {
  nowMs = NOW
  spec = 'spec-1'
  readonly cluster = new ToyCluster(LIMITS.cap)
  readonly slots = new Map<number, Slot>()
  readonly sessions = new Map<string, SessionRow>()
  pausedUntilMs = 0
  /** Every warm Job that was ever made, by slot and generation. */
  readonly #made = new Map<string, string>()
  /** Whom each pod has been shown to. */
  readonly #shown = new Map<string, string>()
  #serial = 0

  snapshot(): Snapshot {
    return {
      slots: [...this.slots.values()],
      sessions: [...this.sessions.values()],
      jobs: [...this.cluster.jobs.values()].map((j) => j.view),
      pods: this.cluster.pods.map((p) => p.view),
      refill: { lastRunAtMs: this.nowMs, failures: 0, pausedUntilMs: this.pausedUntilMs, live: 0 },
    }
  }

  plan(snapshot = this.snapshot()): Step[] {
    return plan(snapshot, this.nowMs, { limits: LIMITS, spec: this.spec })
  }

  apply(steps: readonly Step[], crash?: Crash): void {
    for (const [i, step] of steps.entries()) {
      const dies = crash !== undefined && i >= crash.afterSteps
      if (dies && (!crash.halfOfTheNext || i > crash.afterSteps)) return
      this.#apply(step, dies)
    }
  }

  advance(ms: number): void {
    const until = this.nowMs + ms
    while (this.nowMs < until) {
      this.nowMs = Math.min(until, this.nowMs + 1_000)
      this.cluster.advance(this.nowMs)
      this.#leaveUnused()
    }
  }

  /** Compare-and-set on state and generation, as the slot's row has it. @returns false when it was overtaken. */
  moveSlot(from: Slot, to: Slot): boolean {
    const now = this.slots.get(from.slot)
    const unborn = now === undefined && from.state === 'EMPTY' && from.sinceMs === 0
    if (!unborn && (now?.state !== from.state || now.gen !== from.gen)) return false
    if (to.gen < (now?.gen ?? 0)) throw new Error('A generation went back.')
    if (to.slot >= LIMITS.target) throw new Error('There is a slot beyond the target.')
    this.slots.set(to.slot, to)
    return true
  }

  /** True when a row may ask for this Job under the same name. */
  willBeMadeAgain(job: string): boolean {
    const bySlot = [...this.slots.values()].some(
      (s) => s.state !== 'EMPTY' && s.state !== 'WARM' && s.job === job,
    )
    return bySlot || [...this.sessions.values()].some((s) => s.state !== 'ended' && s.job === job)
  }

  /** Compare-and-set on the version. @returns false when it was overtaken. */
  write(seen: SessionRow | undefined, next: SessionRow): boolean {
    const now = this.sessions.get(next.sessionId)
    if (now?.version !== seen?.version) return false
    if (now && next.epoch < now.epoch) throw new Error('An epoch went back.')
    if (now?.state === 'ended' && next.state !== 'ended') throw new Error('A session rose from the dead.')
    if (next.pod && next.state !== 'ended') this.#show(next.pod.uid, next.sessionId)
    if (next.state === 'live' && now?.state !== 'live' && this.cluster.killed.has(next.pod?.uid ?? ''))
      throw new Error('A killed pod was handed back.')
    this.sessions.set(next.sessionId, { ...next, version: (now?.version ?? 0) + 1 })
    return true
  }

  newSession(sessionId: string, more: Partial<SessionRow>): SessionRow {
    const { pod: _pod, ...row } = session()
    return {
      ...row,
      sessionId,
      createdAtMs: this.nowMs,
      epochAtMs: this.nowMs,
      seenAtMs: this.nowMs,
      connectedEpoch: 0,
      leaseEndsAtMs: this.nowMs + LIMITS.leaseMs,
      endsAtMs: this.nowMs + LIMITS.lifetimeMs,
      ...more,
    }
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
        if (!dies) this.moveSlot(step.slot, this.#emptied(step.slot))
        return
      case 'retire':
        if (this.moveSlot(step.slot, this.#emptied(step.slot)) && !dies)
          this.#deleteJob(step.slot.job, step.jobUid)
        return
      case 'createSessionJob':
        if (!dies) this.cluster.create(step.session.job, this.spec, this.nowMs)
        return
      case 'activate':
        this.#activate(step)
        return
      case 'killPod':
        this.#killPod(step, dies)
        return
      case 'end':
        this.write(step.session, { ...step.session, state: 'ended', endReason: step.because })
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

  #reserve(slot: EmptySlot, dies: boolean): void {
    const next: StartingSlot = {
      slot: slot.slot,
      gen: slot.gen,
      state: 'STARTING',
      sinceMs: this.nowMs,
      job: warmJobName(slot.slot, slot.gen, `x${this.#serial++}`),
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
    this.pausedUntilMs = this.nowMs + LIMITS.refillBackOffMs
  }

  #markWarm({ slot, pod }: Step & { do: 'markWarm' }): void {
    const { progress: _progress, problem: _problem, ...rest } = slot
    const next: WarmSlot = {
      ...rest,
      state: 'WARM',
      pod,
      sinceMs: this.nowMs,
      checkedAtMs: this.nowMs,
    }
    this.moveSlot(slot, next)
  }

  #finishClaim({ sessionId, epoch, job, key, pod }: ClaimedSlot, seen: SessionRow | undefined): void {
    const held = { job, key, pod, epoch, state: 'live', epochAtMs: this.nowMs } as const
    if (!seen) {
      this.write(undefined, this.newSession(sessionId, held))
      return
    }
    const { kill: _kill, leftPodUid: _leftPodUid, ...rest } = seen
    this.write(seen, { ...rest, ...held, oldJobs: [...seen.oldJobs, { job: seen.job, epoch: seen.epoch }] })
  }

  #activate({ session: seen, pod }: Step & { do: 'activate' }): void {
    const { kill: _kill, leftPodUid: _leftPodUid, ...rest } = seen
    this.write(seen, { ...rest, state: 'live', pod, epochAtMs: this.nowMs })
  }

  #killPod({ session: seen, podUid }: Step & { do: 'killPod' }, dies: boolean): void {
    const { kill } = seen
    if (!kill) throw new Error('A pod is killed that nobody asked to kill.')
    if (kill.podUid !== undefined && kill.podUid !== podUid)
      throw new Error('Another pod is killed than was meant.')
    this.cluster.killPod(podUid, this.nowMs)
    if (dies) return
    const done = { ...seen, kill: { ...kill, podUid, done: true } }
    this.write(seen, seen.pod ? done : { ...done, leftPodUid: podUid })
  }

  #recordHeal({ session: seen, oldJob, healed }: Step & { do: 'recordHeal' }): void {
    if (!oldJob.kill?.podUid) throw new Error('A healing was measured of which no death is known.')
    const heal = { epoch: oldJob.epoch, how: oldJob.kill.how, ...healed }
    this.write(seen, { ...seen, heals: [...seen.heals, heal] })
  }

  #dropJob({ session: seen, oldJob, jobUid }: Step & { do: 'dropJob' }, dies: boolean): void {
    const oldJobs = seen.oldJobs.filter((old) => old.job !== oldJob.job)
    if (this.write(seen, { ...seen, oldJobs }) && !dies) this.#deleteJob(oldJob.job, jobUid)
  }

  /** Never the Job of a session that goes on, while its pod serves (invariant 9). */
  #deleteJob(name: string, uid: string | undefined): void {
    const holder = [...this.sessions.values()].find((s) => s.state !== 'ended' && s.job === name)
    if (holder && servingPod(this.snapshot().pods, name)?.ready)
      throw new Error('The Job of a live session was deleted.')
    const found = uid ?? this.cluster.jobs.get(name)?.view.uid
    if (found) this.cluster.delete(name, found, this.nowMs)
  }

  #isNamed(job: string): boolean {
    const bySlot = [...this.slots.values()].some((s) => s.state !== 'EMPTY' && s.job === job)
    return (
      bySlot ||
      [...this.sessions.values()].some(
        (s) => !s.settled && (s.job === job || s.oldJobs.some((old) => old.job === job)),
      )
    )
  }

  #emptied(slot: Slot): EmptySlot {
    return { slot: slot.slot, gen: slot.gen + 1, state: 'EMPTY', sinceMs: this.nowMs }
  }

  /** One Job for each slot and generation, whatever its suffix (invariant 7). */
  #note(job: string): void {
    const name = parseWarmJobName(job)
    const key = `${name?.slot}-${name?.gen}`
    if ((this.#made.get(key) ?? job) !== job) throw new Error(`Two Jobs for slot and generation ${key}.`)
    this.#made.set(key, job)
  }

  /** A pod serves at most one session in its life (invariant 1). */
  #show(uid: string, sessionId: string): void {
    if ((this.#shown.get(uid) ?? sessionId) !== sessionId) throw new Error('Two visitors were shown one pod.')
    this.#shown.set(uid, sessionId)
  }

  /** A pod whose session never connected ends itself with exit 0. */
  #leaveUnused(): void {
    for (const s of this.sessions.values())
      if (
        s.state === 'live' &&
        s.pod &&
        s.connectedEpoch < s.epoch &&
        this.nowMs - s.epochAtMs > LIMITS.socketIdleMs
      )
        this.cluster.exit(s.pod.uid, 0, this.nowMs)
  }
}
