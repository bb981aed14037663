/**
 * Plays the history of one seed: visitors and injected faults first, then no faults, then the check of the conditions
 * at rest.
 */

import { LIMITS, type Limits } from '@warm-pods/core/limits.ts'
import { ExternalEvents } from './actors/operations.ts'
import { Page } from './actors/visitor.ts'
import { seededPlatform } from './engines/platform.ts'
import type { Tally } from './engines/wire.ts'
import { CALM, drawFaults, type Faults } from './faults.ts'
import { notAtRest, overdue, subjectsIn } from './invariants/at-rest.ts'
import type { Violation } from './invariants/violations.ts'
import type { Names } from './report/names.ts'
import { Chance } from './seeded-random.ts'
import { type Line, World } from './world.ts'

export interface Outcome {
  readonly seed: number
  readonly violation: Violation | undefined
  readonly steps: number
  readonly checks: number
  readonly virtualMs: number
  readonly tally: Tally
  /** A random number drawn at the end. It differs when anything in the history differed. */
  readonly fingerprint: number
  readonly history: readonly Line[]
  readonly names: Names
  readonly faults: Faults
}

export interface PlayOptions {
  /** Record the history's lines for a report. The history itself stays the same. */
  readonly records?: boolean
  /** Check this rule only. */
  readonly only?: Violation['invariant']
}

/**
 * The system must be at rest after this time without faults. It covers a session's lease, a healing, a garbage
 * collection and the longest back-off of refill.
 */
const QUIET_MS = 720_000
const LOOK_MS = 15_000
/**
 * How long refill may be stopped: below and above `warmStaleMs`, above the maximum age of a warm pod, and above a Job's
 * deadline.
 */
const REFILL_STOPPED_MS = [100_000, 200_000, 260_000, 22_000_000, 26_000_000] as const

/** The share of histories whose visitors claim a full pool while refill has a reason to retire its slots. */
const RUSHES = 0.35
/** A trigger of refill and its first reads take about this much longer than a claim, ms. */
const REFILL_LATER_MS = 30

/** Plays the history of a seed. The same seed always gives the same history. */
export async function play(seed: number, { records = false, only }: PlayOptions = {}): Promise<Outcome> {
  const chance = new Chance(seed)
  let world: World | undefined
  using _platform = seededPlatform(chance, (line) => world?.onLog(line))
  const faults = drawFaults(chance)
  const limits = drawPool(chance)
  world = new World({ chance, faults, singleProcess: chance.happens(0.2), limits, records, only })
  try {
    await new History(world).play()
  } catch (error) {
    // An uncaught error of the code under test, or a bug of the simulation. Both count as a violation.
    world.checker.check(false, 'bug', () =>
      error instanceof Error ? (error.stack ?? error.message) : String(error),
    )
  }
  const { checker, loop, tally, history, names } = world
  return {
    seed,
    violation: checker.violation,
    steps: loop.steps,
    checks: checker.checks,
    virtualMs: loop.nowMs,
    tally,
    fingerprint: chance.whole(2 ** 31),
    history,
    names,
    faults,
  }
}

/**
 * Kinds of pools by their weight. Most histories have the default pool. A history of 400 slots takes about 0.8 s of a processor, as long as
 * several default ones. Only its pool has more than one partition.
 */
const POOLS = { default: 83, one: 6, forty: 4, fourHundred: 2, sized: 5 } as const
/** Jobs of visitors that the quota allows beside the pool. */
const VISITORS_JOBS = LIMITS.cap - LIMITS.target

/** Draws the stage's limits. A pool whose size follows its arrivals begins with one slot, because starts are short here. */
function drawPool(chance: Chance): Partial<Limits> {
  const fixed = (target: number): Partial<Limits> => ({ target, cap: target + VISITORS_JOBS })
  const kind = chance.weighed(POOLS)
  switch (kind) {
    case 'default':
      return {}
    case 'one':
      return fixed(1)
    case 'forty':
      return fixed(40)
    case 'fourHundred':
      return fixed(400)
    case 'sized':
      return { target: 1, targetMax: 3, cap: 4, warmShareGoal: 99.99 }
    default:
      return kind satisfies never
  }
}

class History {
  readonly #world: World
  readonly #pages: Page[] = []
  readonly #external: ExternalEvents
  #isActive = true
  #isRefillRunning = true

  constructor(world: World) {
    this.#world = world
    this.#external = new ExternalEvents(world)
  }

  async play(): Promise<void> {
    const { chance, wire } = this.#world
    this.#schedule(chance.between(0, 2_000))
    const isRush = chance.happens(RUSHES)
    // Half of the other histories begin with a full pool, the rest with an empty one.
    if (isRush || chance.happens(0.5)) await this.#run(chance.between(3_000, 8_000))
    if (chance.happens(0.1)) await this.#stopRefill(chance.pick(REFILL_STOPPED_MS))
    this.#visitors(isRush)
    this.#injectExternalEvents()
    await this.#run(chance.pick([10_000, 30_000, 60_000, 150_000]))
    this.#world.note(() => 'no faults and no new visitors from here on')
    this.#isActive = false
    wire.faults = CALM
    this.#external.repair()
    for (const page of this.#pages) page.vanish()
    await this.#comeToRest()
    await this.#loseTrigger()
  }

  get #hasViolation(): boolean {
    return this.#world.checker.violation !== undefined
  }

  #run(ms: number): Promise<void> {
    const { loop } = this.#world
    return loop.run(loop.nowMs + ms, () => this.#hasViolation)
  }

  /** The schedule of refill, until the end of the history. */
  #schedule(inMs: number): void {
    const { loop, lambdas, limits, chance, wire } = this.#world
    loop.in(inMs, () => {
      if (!this.#isRefillRunning || chance.happens(wire.faults.invoke.lost / 2))
        wire.count('scheduled trigger lost')
      else lambdas.triggerRefill({ faulty: false })
      this.#schedule(limits.refillEveryMs)
    })
  }

  /** Stops refill, as when an account's concurrency is used up. Meanwhile nothing confirms the warm slots. */
  async #stopRefill(ms: number): Promise<void> {
    this.#world.wire.count('refill stopped')
    this.#world.note(() => `refill does not run for ${Math.round(ms / 1_000)} s`)
    this.#isRefillRunning = false
    this.#world.lambdas.killAll()
    await this.#run(ms)
    this.#isRefillRunning = true
  }

  /** Starts the visitors, in a burst or spread over time. Some share an address. */
  #visitors(isRush: boolean): void {
    const { chance, limits, loop } = this.#world
    const isLarge = limits.target > LIMITS.target
    const count = chance.pick(isLarge ? [4, 10, 30] : [1, 2, 3, 4, 6, 10])
    const overMs = chance.pick(isRush ? [0, 50] : [0, 50, 5_000, 60_000])
    const networks = chance.pick([1, 3, 20])
    for (let n = 1; n <= count; n++) {
      const page = new Page(this.#world, n)
      this.#pages.push(page)
      const address = `198.51.100.${chance.whole(networks)}`
      loop.in(REFILL_LATER_MS + chance.between(0, overMs), () => this.#isActive && void page.visit(address))
    }
    if (isRush) loop.in(chance.between(0, REFILL_LATER_MS), () => this.#external.coincide())
  }

  #injectExternalEvents(): void {
    const { loop, chance, wire } = this.#world
    const { externalEventEveryMs } = wire.faults
    if (!Number.isFinite(externalEventEveryMs)) return
    loop.in(chance.between(0, 2 * externalEventEveryMs), () => {
      if (!this.#isActive) return
      this.#external.inject()
      this.#injectExternalEvents()
    })
  }

  async #comeToRest(): Promise<void> {
    const { loop, checker, limits } = this.#world
    const untilMs = loop.nowMs + QUIET_MS
    // A session may be overdue because of the faults. Refill gets two scheduled triggers to end it.
    const patientUntilMs = loop.nowMs + 2 * limits.refillEveryMs + limits.refillRunMs
    while (!this.#hasViolation && loop.nowMs < untilMs) {
      await this.#run(LOOK_MS)
      if (loop.nowMs > patientUntilMs) {
        const late = overdue(this.#world, 2 * limits.refillEveryMs)
        checker.check(late.length === 0, 'at rest', () => 'A session outlives its lease.', ...late)
      }
      if (notAtRest(this.#world).length === 0) return
    }
    const found = notAtRest(this.#world)
    checker.check(
      found.length === 0,
      'at rest',
      () => `Not at rest: ${found.join('; ')}.`,
      ...subjectsIn(found),
    )
  }

  /** Checks that a lost trigger delays refill by at most one period of the schedule. */
  async #loseTrigger(): Promise<void> {
    if (this.#hasViolation) return
    const { chance, checker, limits, slots, wire } = this.#world
    this.#world.note(() => 'one visitor claims, and every trigger of refill is lost')
    const targetBefore = slots.target
    wire.faults = { ...CALM, invoke: { lost: 1, twice: 0, lateMs: 0 } }
    const page = new Page(this.#world, 0)
    void page.visit(`192.0.2.${chance.whole(200)}`)
    await this.#run(2_000)
    page.vanish()
    wire.faults = CALM
    await this.#run(limits.refillEveryMs + 10_000)
    const warm = [...slots.rows.values()].filter(({ state }) => state === 'WARM').length
    // The pool may have been resized a moment ago. A slot that it has gained since is still starting.
    checker.check(
      warm >= Math.min(targetBefore, slots.target) && warm <= Math.max(targetBefore, slots.target),
      'at rest',
      () => `${warm} slots are warm one period after a lost trigger.`,
      'slot',
    )
  }
}
