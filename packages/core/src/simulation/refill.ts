import { isWaiting } from '../planner/plan.ts'
import { nextReplenishMs } from '../planner/replenish.ts'
import { applySteps } from './apply.ts'
import type { World } from './world.ts'

/** An asynchronous Lambda invocation takes about this long to begin. */
const INVOKE_MS = 40
/** While refill holds its lease it reads again after this long, even without a change. */
const LOOK_AGAIN_MS = 1_000
/** Passes of one reconciliation at one instant. Each brings the world nearer to its target, so a few are plenty. */
const PASSES = 12

/**
 * A fault that a visitor injects into refill. Each happens once, the next time it can.
 * `lost`: the next trigger is lost. `twice`: the next reconciliation executes its plan twice. `crashes`: it stops after
 * its first row.
 */
export type RefillFault = 'lost' | 'twice' | 'crashes'

/** When refill runs: after each trigger, each minute, and, while a change is expected, with every change of a pod. */
export class Refill {
  readonly #world: World
  #triggeredAtMs: number | undefined
  #scheduledAtMs: number
  #holdsLease = false
  #lookAtMs = 0
  readonly #faults = new Set<RefillFault>()
  runs = 0

  constructor(world: World) {
    this.#world = world
    this.#scheduledAtMs = world.nowMs + world.limits.refillEveryMs
  }

  /** Injected faults that have not happened yet. */
  pendingFaults(): RefillFault[] {
    return [...this.#faults]
  }

  inject(fault: RefillFault): void {
    this.#faults.add(fault)
  }

  /** The event that a claim, a recovery or a release sends. When it is lost, the schedule repairs the damage. */
  trigger(): void {
    if (this.#faults.delete('lost')) {
      // A refill that holds its lease would see the change anyway, so it leaves too: nothing happens until the next scheduled trigger.
      this.#holdsLease = false
      return
    }
    this.#triggeredAtMs ??= this.#world.nowMs + INVOKE_MS
  }

  /** When refill runs next, ms. */
  nextDueMs(): number {
    const look = this.#holdsLease ? this.#lookAtMs : Number.POSITIVE_INFINITY
    return Math.min(this.#scheduledAtMs, this.#triggeredAtMs ?? Number.POSITIVE_INFINITY, look)
  }

  /** Runs when it is due, or when it holds its lease and a pod has changed. */
  move(podChanged: boolean): void {
    const { nowMs, limits } = this.#world
    if (nowMs < this.nextDueMs() && !(podChanged && this.#holdsLease)) return
    this.#triggeredAtMs = undefined
    while (this.#scheduledAtMs <= nowMs) this.#scheduledAtMs += limits.refillEveryMs
    this.run()
  }

  /** One reconciliation: read, plan, execute, until nothing is left to do. */
  run(): void {
    const world = this.#world
    this.runs++
    world.lastRunAtMs = world.nowMs
    if (this.#faults.delete('crashes')) {
      this.#crash()
      return
    }
    if (this.#faults.delete('twice')) this.#runTwice()
    for (let pass = 0; pass < PASSES; pass++) {
      const steps = world.plan()
      if (steps.length === 0) break
      applySteps(world, steps)
    }
    const snapshot = world.snapshot()
    this.#holdsLease = isWaiting(snapshot, world.nowMs, world.limits)
    this.#lookAtMs =
      world.nowMs + Math.min(LOOK_AGAIN_MS, nextReplenishMs(snapshot.slots, world.nowMs, world.limits))
  }

  /** Two invocations plan on the same snapshot and both execute the plan. Every write of the second must lose. */
  #runTwice(): void {
    const steps = this.#world.plan()
    applySteps(this.#world, steps)
    applySteps(this.#world, steps)
  }

  /** Writes the first row, never reaches the cluster, and gives up the lease. The next scheduled trigger repairs it. */
  #crash(): void {
    applySteps(this.#world, this.#world.plan(), { afterSteps: 0, halfOfTheNext: true })
    this.#holdsLease = false
  }
}
