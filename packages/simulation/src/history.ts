/** One history from its seed: something of everything for a while, then quiet, then the conditions at rest. */

import { Outside } from './actors/operations.ts'
import { Page } from './actors/visitor.ts'
import { seededPlatform } from './engines/platform.ts'
import type { Tally } from './engines/wire.ts'
import { CALM, drawFaults, type Faults } from './faults.ts'
import { namesIn, overdue, unrest } from './invariants/at-rest.ts'
import type { Breach } from './invariants/violations.ts'
import type { Names } from './report/names.ts'
import { Chance } from './seeded-random.ts'
import { type Line, World } from './world.ts'

export interface Outcome {
  readonly seed: number
  readonly breach: Breach | undefined
  readonly steps: number
  readonly checks: number
  readonly virtualMs: number
  readonly tally: Tally
  /** Changes with anything that happened differently. */
  readonly fingerprint: number
  readonly history: readonly Line[]
  readonly names: Names
  readonly faults: Faults
}

export interface PlayOptions {
  /** Keep what people read; it changes nothing of what happens. */
  readonly records?: boolean
  /** Look for a breach of this alone. */
  readonly only?: Breach['invariant']
}

/** After this long without a fault all must be at rest: a lease, a healing, a sweep, and the longest pause of refill. */
const QUIET_MS = 720_000
const LOOK_MS = 15_000
/** Less and more than a warm row may go unconfirmed; more than a warm pod may be old; more than a Job may run. */
const UNATTENDED_MS = [100_000, 200_000, 260_000, 22_000_000, 26_000_000] as const

/**
 * Plays the history of a seed. Another call with the same seed plays the same one.
 */
export async function play(seed: number, { records = false, only }: PlayOptions = {}): Promise<Outcome> {
  const chance = new Chance(seed)
  let world: World | undefined
  using _platform = seededPlatform(chance, (line) => world?.logged(line))
  const faults = drawFaults(chance)
  world = new World({ chance, faults, together: chance.happens(0.2), records, only })
  try {
    await new History(world).play()
  } catch (error) {
    // Code under test that throws where nobody catches it, or a fault of the simulation itself: never silence.
    world.ledger.check(false, 'bug', () =>
      error instanceof Error ? (error.stack ?? error.message) : String(error),
    )
  }
  const { ledger, loop, tally, history, names } = world
  return {
    seed,
    breach: ledger.breach,
    steps: loop.steps,
    checks: ledger.checks,
    virtualMs: loop.nowMs,
    tally,
    fingerprint: chance.whole(2 ** 31),
    history,
    names,
    faults,
  }
}

class History {
  readonly #world: World
  readonly #pages: Page[] = []
  readonly #outside: Outside
  #goesOn = true
  #attended = true

  constructor(world: World) {
    this.#world = world
    this.#outside = new Outside(world)
  }

  async play(): Promise<void> {
    const { chance, wire } = this.#world
    this.#tick(chance.between(0, 2_000))
    // Half of the histories begin with a pool that stands, the others with none at all.
    if (chance.happens(0.5)) await this.#run(chance.between(3_000, 8_000))
    if (chance.happens(0.1)) await this.#unattended(chance.pick(UNATTENDED_MS))
    this.#visitors()
    this.#happenings()
    await this.#run(chance.pick([10_000, 30_000, 60_000, 150_000]))
    this.#world.note(() => 'from here on nothing goes wrong, and nobody comes')
    this.#goesOn = false
    wire.faults = CALM
    this.#outside.mend()
    for (const page of this.#pages) page.vanish()
    await this.#comeToRest()
    await this.#loseAWake()
  }

  get #broken(): boolean {
    return this.#world.ledger.breach !== undefined
  }

  #run(ms: number): Promise<void> {
    const { loop } = this.#world
    return loop.run(loop.nowMs + ms, () => this.#broken)
  }

  /** The schedule, for ever. */
  #tick(inMs: number): void {
    const { loop, lambdas, limits, chance, wire } = this.#world
    loop.in(inMs, () => {
      if (!this.#attended || chance.happens(wire.faults.invoke.lost / 2)) wire.count('tick lost')
      else lambdas.wake(false)
      this.#tick(limits.refillEveryMs)
    })
  }

  /** Refill does not run at all, as when an account's concurrency is used up: what was warm is seen by nobody. */
  async #unattended(ms: number): Promise<void> {
    this.#world.wire.count('unattended')
    this.#world.note(() => `refill does not run for ${Math.round(ms / 1_000)} s`)
    this.#attended = false
    this.#world.lambdas.killAll()
    await this.#run(ms)
    this.#attended = true
  }

  /** In a burst, or one after the other; some from the same network. */
  #visitors(): void {
    const { chance, loop } = this.#world
    const count = chance.pick([1, 2, 3, 4, 6, 10])
    const overMs = chance.pick([0, 50, 5_000, 60_000])
    const networks = chance.pick([1, 3, 20])
    for (let n = 1; n <= count; n++) {
      const page = new Page(this.#world, n)
      this.#pages.push(page)
      const address = `198.51.100.${chance.whole(networks)}`
      loop.in(chance.between(0, overMs), () => this.#goesOn && void page.visit(address))
    }
  }

  #happenings(): void {
    const { loop, chance, wire } = this.#world
    const { outsideEveryMs } = wire.faults
    if (!Number.isFinite(outsideEveryMs)) return
    loop.in(chance.between(0, 2 * outsideEveryMs), () => {
      if (!this.#goesOn) return
      this.#outside.happen()
      this.#happenings()
    })
  }

  async #comeToRest(): Promise<void> {
    const { loop, ledger, limits } = this.#world
    const untilMs = loop.nowMs + QUIET_MS
    // What is overdue now was so while things went wrong: two ticks are given to come to it.
    const patientUntilMs = loop.nowMs + 2 * limits.refillEveryMs + limits.refillRunMs
    while (!this.#broken && loop.nowMs < untilMs) {
      await this.#run(LOOK_MS)
      if (loop.nowMs > patientUntilMs) {
        const late = overdue(this.#world, 2 * limits.refillEveryMs)
        ledger.check(late.length === 0, 'rest', () => 'A session outlives its lease.', ...late)
      }
      if (unrest(this.#world).length === 0) return
    }
    const found = unrest(this.#world)
    ledger.check(found.length === 0, 'rest', () => `Not at rest: ${found.join('; ')}.`, ...namesIn(found))
  }

  /** A lost wake costs at most one tick. */
  async #loseAWake(): Promise<void> {
    if (this.#broken) return
    const { chance, ledger, limits, wire } = this.#world
    this.#world.note(() => 'one visitor comes, and no wake of refill arrives')
    wire.faults = { ...CALM, invoke: { lost: 1, twice: 0, lateMs: 0 } }
    const page = new Page(this.#world, 0)
    void page.visit(`192.0.2.${chance.whole(200)}`)
    await this.#run(2_000)
    page.vanish()
    wire.faults = CALM
    await this.#run(limits.refillEveryMs + 10_000)
    const standing = [...this.#world.slots.rows.values()].filter(({ state }) => state === 'WARM').length
    ledger.check(
      standing === limits.target,
      'rest',
      () => `${standing} stand warm a tick after a lost wake.`,
      'slot',
    )
  }
}
