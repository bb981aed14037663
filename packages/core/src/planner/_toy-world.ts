/** The simulated world as tests of the planner use it: limits and times that never change, and a breach is a failure at once. */

import { LIMITS } from '../limits.ts'
import { seeded } from '../simulation/random.ts'
import { type Crash, World } from '../simulation/world.ts'
import { NOW } from './_world.ts'
import type { Step } from './plan.ts'

const START_MS = 2_000

export class ToyWorld extends World {
  constructor() {
    super({ nowMs: NOW, limits: LIMITS, random: seeded(1), startMs: () => START_MS })
  }

  override apply(steps: readonly Step[], crash?: Crash): void {
    super.apply(steps, crash)
    this.mustHold()
  }

  /** @throws Error with the first rule that was broken. */
  mustHold(): void {
    const [breach] = this.ledger.breaches
    if (breach) throw new Error(`Broken: ${breach.rule}, ${breach.detail}`)
  }

  advance(ms: number): void {
    const until = this.nowMs + ms
    while (this.nowMs < until) {
      this.moveTo(Math.min(until, this.nowMs + 1_000))
      this.#leaveUnused()
    }
  }

  /** True when a row may ask for this Job under the same name. */
  willBeMadeAgain(job: string): boolean {
    const bySlot = [...this.slots.values()].some(
      (s) => s.state !== 'EMPTY' && s.state !== 'WARM' && s.job === job,
    )
    return bySlot || [...this.sessions.values()].some((s) => s.state !== 'ended' && s.job === job)
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
