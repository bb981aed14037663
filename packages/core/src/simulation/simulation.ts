/**
 * The whole of Warm Pods, simulated: a world, refill, other visitors, and a clock that the caller moves. The same seed and
 * the same calls at the same times give the same history.
 */
import type { Pool } from '../api/contracts.ts'
import { confirmedView, slotView } from '../api/session-view.ts'
import { LIMITS, type Limits } from '../limits.ts'
import { toIsoTime } from '../time.ts'
import { claim, connected, release } from './calls.ts'
import { between, hex, seeded } from './random.ts'
import { Refill } from './refill.ts'
import { World } from './world.ts'

/** Parameters of a simulation. A visitor may change them while it runs. */
export interface Assumptions {
  /** The time from Job to Ready is drawn evenly between these two, ms. */
  startFromMs: number
  startToMs: number
  /** Round trip to the gateway and its scatter, ms. */
  roundTripMs: number
  scatterMs: number
  /** Arrivals of other visitors per minute, on average. */
  othersPerMinute: number
}

/** Start times as measured on Kubernetes 1.36 with the image on the node. */
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
/** Ended sessions are deleted after this long. The product keeps them for 30 days. */
const KEPT_MS = 600_000

export class Simulation {
  readonly assumptions: Assumptions
  readonly world: World
  readonly refill: Refill
  readonly #random: () => number
  readonly #beganMs: number
  /** When each other visitor leaves, ms, by session id. */
  readonly #visitors = new Map<string, number>()
  /** When each pod without a socket ends itself, ms, by pod UID. */
  readonly #idlePods = new Map<string, number>()
  #nextVisitorMs: number | undefined

  constructor(seed: number, nowMs: number, assumptions: Partial<Assumptions> = {}, limits: Limits = LIMITS) {
    this.assumptions = { ...ASSUMPTIONS, ...assumptions }
    const random = seeded(seed)
    this.#random = seeded(seed + 1)
    this.#beganMs = nowMs
    const startMs = () => between(random, this.assumptions.startFromMs, this.assumptions.startToMs)
    // The pool was filled a minute and a half before the page opened.
    const filledMs = nowMs - 90_000
    this.world = new World({ nowMs: filledMs, limits, random, startMs })
    this.refill = new Refill(this.world)
    this.refill.run()
    this.moveTo(nowMs)
  }

  /** Moves the clock to `nowMs`. Every change that is due until then happens at its own time. */
  moveTo(nowMs: number): void {
    for (let due = this.nextDueMs(); due <= nowMs; due = this.nextDueMs()) this.#moveTo(due)
    this.#moveTo(nowMs)
  }

  /** When the next change is due, ms. */
  nextDueMs(): number {
    const { world, refill } = this
    const visits = [...this.#visitors.values(), this.#nextVisitorMs ?? Number.POSITIVE_INFINITY]
    const idle = [...this.#idlePods.values()]
    return Math.min(
      world.cluster.nextDueMs() ?? Number.POSITIVE_INFINITY,
      refill.nextDueMs(),
      ...visits,
      ...idle,
    )
  }

  /** Changes parameters. Pods that are starting keep the start time they have drawn. */
  assume(changes: Partial<Assumptions>): void {
    Object.assign(this.assumptions, changes)
    this.#nextVisitorMs = this.#afterMs(this.assumptions.othersPerMinute)
  }

  /** Records that a page's socket to a pod was opened or closed. */
  plugged(uid: string, open: boolean): void {
    if (open) this.#idlePods.delete(uid)
    else this.#idlePods.set(uid, this.world.nowMs + this.world.limits.socketIdleMs)
  }

  /** Crashes the pod of a session, or a random warm pod if there is one. */
  crash(whose: { readonly session: string } | 'warm'): void {
    const { world } = this
    const warm = [...world.slots.values()].flatMap((slot) => (slot.state === 'WARM' ? [slot.pod.uid] : []))
    const uid =
      whose === 'warm'
        ? warm[Math.floor(this.#random() * warm.length)]
        : world.sessions.get(whose.session)?.pod?.uid
    if (uid !== undefined) world.cluster.exit(uid, 137, world.nowMs)
  }

  /** The pool, as `GET /pool` answers it. */
  pool(): Pool {
    const { world } = this
    const { lastRunAtMs, limits, nowMs } = world
    return {
      target: limits.target,
      cap: limits.cap,
      live: [...world.sessions.values()].filter(({ state }) => state !== 'ended').length,
      slots: [...world.slots.values()]
        .toSorted((a, b) => a.slot - b.slot)
        .map((slot) => slotView(slot, { nowMs, limits, isInDoubt: false })),
      refill: {
        ...(lastRunAtMs === undefined
          ? { lastRunAt: null, confirmedAt: null }
          : {
              lastRunAt: toIsoTime(lastRunAtMs),
              lastRunAgoMs: nowMs - lastRunAtMs,
              // A pass of the simulated refill always gets an answer from the simulated cluster.
              ...confirmedView(lastRunAtMs, nowMs),
            }),
        healthy: world.problem === undefined,
        ...(world.problem === undefined ? {} : { problem: world.problem }),
      },
      ...world.statistics.summary(nowMs - this.#beganMs, limits.target),
      cluster: { name: 'simulated', region: 'this browser', version: null },
    }
  }

  #moveTo(nowMs: number): void {
    const changed = this.world.moveTo(nowMs)
    this.#endIdlePods(nowMs)
    this.#moveVisitors(nowMs)
    this.refill.move(changed)
    this.#forget(nowMs)
  }

  #endIdlePods(nowMs: number): void {
    for (const [uid, atMs] of this.#idlePods) {
      if (atMs > nowMs) continue
      this.#idlePods.delete(uid)
      this.world.cluster.exit(uid, 0, nowMs)
    }
  }

  /** Other visitors arrive at random (a Poisson process), stay for a while, and give their pod back. */
  #moveVisitors(nowMs: number): void {
    for (const [id, leavesMs] of this.#visitors) {
      if (leavesMs <= nowMs) this.#release(id)
    }
    if (this.#nextVisitorMs === undefined || this.#nextVisitorMs > nowMs) return
    this.#nextVisitorMs = this.#afterMs(this.assumptions.othersPerMinute)
    const id = hex(this.#random, 32)
    try {
      const row = claim(this.world, id)
      if (row.state === 'live') connected(this.world, id, { epoch: row.epoch, firstPongMs: 0 })
      this.#visitors.set(id, nowMs + between(this.#random, STAY_FROM_MS, STAY_TO_MS))
    } catch {
      // No pod was left, so this visitor is refused.
    }
    this.refill.trigger()
  }

  #release(id: string): void {
    this.#visitors.delete(id)
    release(this.world, id)
    this.refill.trigger()
  }

  #afterMs(perMinute: number): number | undefined {
    if (perMinute <= 0) return undefined
    return this.world.nowMs - (Math.log(1 - this.#random()) * 60_000) / perMinute
  }

  #forget(nowMs: number): void {
    for (const [id, { finalized, endedAtMs = 0 }] of this.world.sessions) {
      if (finalized && nowMs - endedAtMs > KEPT_MS) this.world.sessions.delete(id)
    }
  }
}
