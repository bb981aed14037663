/**
 * A whole simulated Warm Pods: a world, refill, other visitors, and a clock that somebody moves. The same seed and the
 * same acts at the same times make the same history.
 */
import type { Pool } from '../api/contracts.ts'
import { slotView } from '../api/session-view.ts'
import { LIMITS, type Limits } from '../limits.ts'
import { toIsoTime } from '../time.ts'
import { claim, connected, release } from './calls.ts'
import { between, hex, seeded } from './random.ts'
import { Refill } from './refill.ts'
import { World } from './world.ts'

/** What a simulation takes for granted; a visitor may change it while it runs. */
export interface Assumptions {
  /** A pod's time from Job to Ready is drawn evenly between these, ms. */
  startFromMs: number
  startToMs: number
  /** Round trip to the gateway, ms, and how far it scatters. */
  roundTripMs: number
  scatterMs: number
  /** Other visitors who come in a minute, on average. */
  othersPerMinute: number
}

/** A start takes as long as on the cluster that was measured (Kubernetes 1.36, image on the node). */
export const ASSUMPTIONS: Assumptions = {
  startFromMs: 1_200,
  startToMs: 1_700,
  roundTripMs: 38,
  scatterMs: 6,
  othersPerMinute: 0,
}

/** How long another visitor keeps a pod, ms. */
const STAY_FROM_MS = 10_000
const STAY_TO_MS = 60_000
/** Ended sessions are forgotten after this long; the product keeps them for 30 days. */
const KEPT_MS = 600_000

export class Simulation {
  readonly assumptions: Assumptions
  readonly world: World
  readonly refill: Refill
  readonly #random: () => number
  readonly #beganMs: number
  readonly #guests = new Map<string, number>()
  /** Sockets that are gone, by the uid of their pod: it ends itself when nobody comes back. */
  readonly #alone = new Map<string, number>()
  #nextGuestMs: number | undefined

  constructor(seed: number, nowMs: number, assumptions: Partial<Assumptions> = {}, limits: Limits = LIMITS) {
    this.assumptions = { ...ASSUMPTIONS, ...assumptions }
    const random = seeded(seed)
    this.#random = seeded(seed + 1)
    this.#beganMs = nowMs
    const startMs = () => between(random, this.assumptions.startFromMs, this.assumptions.startToMs)
    // The pool stood before anybody came: it was filled a minute and a half ago.
    const filledMs = nowMs - 90_000
    this.world = new World({ nowMs: filledMs, limits, random, startMs })
    this.refill = new Refill(this.world)
    this.refill.run()
    this.moveTo(nowMs)
  }

  /** Everything that is due by `nowMs` happens, each thing at its own time. */
  moveTo(nowMs: number): void {
    for (let due = this.nextDueMs(); due <= nowMs; due = this.nextDueMs()) this.#moveTo(due)
    this.#moveTo(nowMs)
  }

  /** When something happens next by itself, ms. */
  nextDueMs(): number {
    const { world, refill } = this
    const guests = [...this.#guests.values(), this.#nextGuestMs ?? Number.POSITIVE_INFINITY]
    const alone = [...this.#alone.values()]
    return Math.min(
      world.cluster.nextDueMs() ?? Number.POSITIVE_INFINITY,
      refill.nextDueMs(),
      ...guests,
      ...alone,
    )
  }

  /** Changes assumptions; pods that are starting keep the time they have drawn. */
  assume(changes: Partial<Assumptions>): void {
    Object.assign(this.assumptions, changes)
    this.#nextGuestMs = this.#afterMs(this.assumptions.othersPerMinute)
  }

  /** Whether a page's socket to a pod is open. */
  plugged(uid: string, open: boolean): void {
    if (open) this.#alone.delete(uid)
    else this.#alone.set(uid, this.world.nowMs + this.world.limits.socketIdleMs)
  }

  /** A pod's process ends by itself. @param whose `mine`: the pod of this session; otherwise a warm one, or none is left. */
  crash(whose: { readonly session: string } | 'warm'): void {
    const { world } = this
    const warm = [...world.slots.values()].flatMap((slot) => (slot.state === 'WARM' ? [slot.pod.uid] : []))
    const uid =
      whose === 'warm'
        ? warm[Math.floor(this.#random() * warm.length)]
        : world.sessions.get(whose.session)?.pod?.uid
    if (uid !== undefined) world.cluster.exit(uid, 137, world.nowMs)
  }

  /** The pool, as everyone may see it. */
  pool(): Pool {
    const { world } = this
    const { limits, nowMs } = world
    return {
      target: limits.target,
      cap: limits.cap,
      live: [...world.sessions.values()].filter(({ state }) => state !== 'ended').length,
      slots: [...world.slots.values()].toSorted((a, b) => a.slot - b.slot).map(slotView),
      refill: {
        lastRunAt: world.lastRunAtMs === undefined ? null : toIsoTime(world.lastRunAtMs),
        healthy: world.problem === undefined,
        ...(world.problem === undefined ? {} : { problem: world.problem }),
      },
      ...world.statistics.summary(nowMs - this.#beganMs, limits.target),
      cluster: { name: 'simulated', region: 'this browser', version: null },
    }
  }

  #moveTo(nowMs: number): void {
    const changed = this.world.moveTo(nowMs)
    this.#leaveAlone(nowMs)
    this.#host(nowMs)
    this.refill.move(changed)
    this.#forget(nowMs)
  }

  #leaveAlone(nowMs: number): void {
    for (const [uid, atMs] of this.#alone)
      if (atMs <= nowMs) {
        this.#alone.delete(uid)
        this.world.cluster.exit(uid, 0, nowMs)
      }
  }

  /** Other visitors come by chance (a Poisson process), stay a while and give their pod back. */
  #host(nowMs: number): void {
    for (const [id, leavesMs] of this.#guests) if (leavesMs <= nowMs) this.#sayGoodbye(id)
    if (this.#nextGuestMs === undefined || this.#nextGuestMs > nowMs) return
    this.#nextGuestMs = this.#afterMs(this.assumptions.othersPerMinute)
    const id = hex(this.#random, 32)
    try {
      const row = claim(this.world, id)
      if (row.state === 'live') connected(this.world, id, { epoch: row.epoch, firstPongMs: 0 })
      this.#guests.set(id, nowMs + between(this.#random, STAY_FROM_MS, STAY_TO_MS))
    } catch {
      // Refused, as a visitor would be: no pod was left for this one.
    }
    this.refill.wake()
  }

  #sayGoodbye(id: string): void {
    this.#guests.delete(id)
    release(this.world, id)
    this.refill.wake()
  }

  #afterMs(perMinute: number): number | undefined {
    if (perMinute <= 0) return undefined
    return this.world.nowMs - (Math.log(1 - this.#random()) * 60_000) / perMinute
  }

  #forget(nowMs: number): void {
    for (const [id, { settled, endedAtMs = 0 }] of this.world.sessions)
      if (settled && nowMs - endedAtMs > KEPT_MS) this.world.sessions.delete(id)
  }
}
