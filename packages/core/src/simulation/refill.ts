import { isWaiting } from '../planner/plan.ts'
import type { Crash, World } from './world.ts'

/** An asynchronous invoke takes about this long to begin. */
const INVOKE_MS = 40
/** A run that stays looks again after this long, whatever it hears. */
const LOOK_AGAIN_MS = 1_000
/** Passes of one run at one instant; each brings the world nearer, so a few are plenty. */
const PASSES = 12

/** What a visitor does to refill, to see that it holds. Each counts for the next time only. */
export type Mischief = 'lost' | 'twice' | 'dies'

/** When refill runs: at each wake, each minute, and, while something is under way, with every change of a pod. */
export class Refill {
  readonly #world: World
  #wokenAtMs: number | undefined
  #tickAtMs: number
  #stays = false
  #lookAtMs = 0
  readonly #planned = new Set<Mischief>()
  runs = 0

  constructor(world: World) {
    this.#world = world
    this.#tickAtMs = world.nowMs + world.limits.refillEveryMs
  }

  /** Planned mischief that has not happened yet. */
  planned(): Mischief[] {
    return [...this.#planned]
  }

  plan(mischief: Mischief): void {
    this.#planned.add(mischief)
  }

  /** The event that a claim, a recovery or a release sends; it may be lost, and the schedule repairs that. */
  wake(): void {
    if (this.#planned.delete('lost')) {
      // A run that stays would see the change all the same: what is lost here is every word until the next tick.
      this.#stays = false
      return
    }
    this.#wokenAtMs ??= this.#world.nowMs + INVOKE_MS
  }

  nextDueMs(): number {
    const look = this.#stays ? this.#lookAtMs : Number.POSITIVE_INFINITY
    return Math.min(this.#tickAtMs, this.#wokenAtMs ?? Number.POSITIVE_INFINITY, look)
  }

  /** Runs if it is due, or if it stays and a pod has changed. */
  move(podChanged: boolean): void {
    const { nowMs, limits } = this.#world
    if (nowMs < this.nextDueMs() && !(podChanged && this.#stays)) return
    this.#wokenAtMs = undefined
    while (this.#tickAtMs <= nowMs) this.#tickAtMs += limits.refillEveryMs
    this.run()
  }

  /** One run: look, plan, act, until nothing is left to do. */
  run(): void {
    const world = this.#world
    this.runs++
    world.lastRunAtMs = world.nowMs
    this.#lookAtMs = world.nowMs + LOOK_AGAIN_MS
    if (this.#planned.delete('dies')) {
      this.#dieHalfWay()
      return
    }
    if (this.#planned.delete('twice')) this.#runTwice()
    for (let pass = 0; pass < PASSES; pass++) {
      const steps = world.plan()
      if (steps.length === 0) break
      world.apply(steps)
    }
    this.#stays = isWaiting(world.snapshot(), world.nowMs, world.limits)
  }

  /** Two ticks read the same world and both act on what they saw: the second is overtaken in every step. */
  #runTwice(): void {
    const steps = this.#world.plan()
    this.#world.apply(steps)
    this.#world.apply(steps)
  }

  /** The row is written, the cluster is never asked, and nobody stays to see it: the next tick does. */
  #dieHalfWay(): void {
    const crash: Crash = { afterSteps: 0, halfOfTheNext: true }
    this.#world.apply(this.#world.plan(), crash)
    this.#stays = false
  }
}
