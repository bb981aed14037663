/**
 * The way of every call from a Lambda to what it talks to: it takes its time, and it may go wrong in each way that the
 * faults of the history name. A process may die here, before or after what it asked for is done.
 */

import type { CallFaults, Faults } from '../faults.ts'
import type { Chance } from '../seeded-random.ts'
import type { Process } from './simulated-process.ts'
import type { Loop } from './virtual-clock.ts'

type Fate = keyof CallFaults | 'fine'

/** What a caller is told when a call does not end well, and how long it waits. */
export interface Troubles {
  busy(): Error
  cut(): Error
  /** The answer that says "I do not know whether it was done". */
  unsure(): Error
  late(): Error
  readonly patienceMs: number
}

/** What went wrong, and how often. */
export type Tally = Map<string, number>

export class Wire {
  readonly #loop: Loop
  readonly #chance: Chance
  readonly #tally: Tally
  readonly #note: (line: () => string) => void
  /** The faults of this moment. */
  faults: Faults

  constructor(o: {
    loop: Loop
    chance: Chance
    faults: Faults
    tally: Tally
    note: (line: () => string) => void
  }) {
    this.#loop = o.loop
    this.#chance = o.chance
    this.#tally = o.tally
    this.#note = o.note
    this.faults = o.faults
  }

  get nowMs(): number {
    return this.#loop.nowMs
  }

  /** How long one leg takes: mostly moments, sometimes much longer. */
  legMs(): number {
    const { slow, slowMs } = this.faults
    return this.#chance.happens(slow) ? this.#chance.between(20, slowMs) : this.#chance.between(0.3, 4)
  }

  count(what: string): void {
    this.#tally.set(what, (this.#tally.get(what) ?? 0) + 1)
  }

  /** Resolves after so long, if the process is still alive then. */
  sleep(process: Process, ms: number): Promise<void> {
    return new Promise((resolve) => this.#loop.in(ms, () => process.alive && resolve()))
  }

  /**
   * One try of one call. What `does` throws is the answer of the one that was asked.
   * @param about for the history.
   */
  attempt<T>(
    process: Process,
    about: () => string,
    faults: CallFaults,
    troubles: Troubles,
    does: () => T,
  ): Promise<T> {
    const { promise, resolve, reject } = Promise.withResolvers<T>()
    if (!process.alive) return promise
    const answer = (ms: number, act: () => void): void =>
      this.#loop.in(ms, () => {
        if (process.alive) act()
      })
    const goMs = this.legMs()
    if (this.#dies(process, about, goMs, does)) return promise
    const fate = this.#fate(faults)
    if (fate !== 'fine') {
      this.count(`${process.kind === 'page' ? 'http' : 'call'} ${fate}`)
      this.#note(() => `${process.name}: ${about()} ${SAID[fate]}`)
    }
    switch (fate) {
      case 'fine':
        this.#loop.in(goMs, () => {
          const done = outcome(does)
          answer(this.legMs(), () => done(resolve, reject))
        })
        break
      case 'busy':
        answer(goMs, () => reject(troubles.busy()))
        break
      case 'lost':
        answer(goMs, () => reject(troubles.cut()))
        break
      case 'answerLost':
        this.#loop.in(goMs, () => outcome(does))
        answer(goMs + this.legMs(), () =>
          reject(this.#chance.happens(0.5) ? troubles.cut() : troubles.unsure()),
        )
        break
      case 'hang':
        if (this.#chance.happens(0.7))
          this.#loop.in(this.#chance.between(0, 2.5 * troubles.patienceMs), () => outcome(does))
        answer(troubles.patienceMs, () => reject(troubles.late()))
        break
      default:
        fate satisfies never
    }
    return promise
  }

  /** The Invoke call of Lambda: accepted, or not. What becomes of the event afterwards is another matter. */
  invoke(process: Process, does: () => void): Promise<void> {
    return this.attempt(process, () => 'invoke refill', this.faults.dynamo, INVOKE, does)
  }

  #dies(process: Process, about: () => string, goMs: number, does: () => unknown): boolean {
    if (process.kind === 'page') return false
    if (this.#chance.happens(this.faults.crashBefore)) {
      this.count('crash before')
      this.#note(() => `${process.name} DIES before ${about()}`)
      process.die()
      return true
    }
    if (!this.#chance.happens(this.faults.crashAfter)) return false
    this.count('crash after')
    this.#loop.in(goMs, () => {
      this.#note(() => `${process.name} DIES after ${about()}`)
      outcome(does)
      process.die()
    })
    return true
  }

  #fate({ busy, lost, answerLost, hang }: CallFaults): Fate {
    const sum = busy + lost + answerLost + hang
    if (!this.#chance.happens(sum)) return 'fine'
    return this.#chance.weighed({ busy, lost, answerLost, hang })
  }
}

const cut = (): Error => Object.assign(new Error('socket hang up'), { code: 'ECONNRESET' })
const INVOKE: Troubles = { busy: cut, cut, unsure: cut, late: cut, patienceMs: 1_500 }

const SAID: Record<Exclude<Fate, 'fine'>, string> = {
  busy: 'is refused: busy',
  lost: 'never arrives',
  answerLost: 'is done, and its answer is lost',
  hang: 'hangs',
}

/** Runs it now; hands what came of it to whoever waits, later. */
function outcome<T>(does: () => T): (resolve: (value: T) => void, reject: (error: unknown) => void) => void {
  try {
    const value = does()
    return (resolve) => resolve(value)
  } catch (error) {
    return (_resolve, reject) => reject(error)
  }
}
