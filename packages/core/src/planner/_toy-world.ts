/** The simulated world for tests of the planner: fixed limits and start times, and a violation throws at once. */
import { LIMITS } from '../limits.ts'
import { applySteps, type Crash } from '../simulation/apply.ts'
import { seeded } from '../simulation/random.ts'
import { World } from '../simulation/world.ts'
import { NOW } from './_world.ts'
import type { Step } from './step.ts'

const START_MS = 2_000

export class ToyWorld extends World {
  constructor() {
    super({ nowMs: NOW, limits: LIMITS, random: seeded(1), startMs: () => START_MS })
  }

  apply(steps: readonly Step[], crash?: Crash): void {
    applySteps(this, steps, crash)
    this.mustHold()
  }

  /** @throws Error with the first violation. */
  mustHold(): void {
    const [violation] = this.invariants.violations
    if (violation) throw new Error(`Violated: ${violation.rule}, ${violation.detail}`)
  }

  advance(ms: number): void {
    const until = this.nowMs + ms
    while (this.nowMs < until) {
      this.moveTo(Math.min(until, this.nowMs + 1_000))
      this.#leaveUnused()
    }
  }

  /** True when refill may create a Job of this name again, because a row names it. */
  willBeMadeAgain(job: string): boolean {
    const bySlot = [...this.slots.values()].some(
      (slot) => slot.state !== 'EMPTY' && slot.state !== 'WARM' && slot.job === job,
    )
    return bySlot || [...this.sessions.values()].some((row) => row.state !== 'ended' && row.job === job)
  }

  /** A pod whose page never connected ends itself with exit code 0. */
  #leaveUnused(): void {
    for (const { connectedEpoch, epoch, epochAtMs, pod, state } of this.sessions.values()) {
      const isUnused = connectedEpoch < epoch && this.nowMs - epochAtMs > LIMITS.socketIdleMs
      if (state === 'live' && pod && isUnused) this.cluster.exit(pod.uid, 0, this.nowMs)
    }
  }
}
