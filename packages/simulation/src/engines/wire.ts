/**
 * The network between a Lambda and its services. A call takes time, and the faults of the history decide how it fails.
 * The process may crash here, before or after the call takes effect.
 */

import type { V1Job, V1Pod } from '@kubernetes/client-node'
import type { CallFaults, Faults } from '../faults.ts'
import type { Chance } from '../seeded-random.ts'
import type { Process } from './simulated-process.ts'
import type { Loop } from './virtual-clock.ts'

type Fate = keyof CallFaults | 'fine'

/** The errors that a caller gets for failed calls, and its time-out. */
export interface CallErrors {
  busy(): Error
  cut(): Error
  /** The error of a response that leaves open whether the call took effect. */
  unsure(): Error
  late(): Error
  readonly timeoutMs: number
}

/** The injected faults by name, with their counts. */
export type Tally = Map<string, number>

/** Delays, drops and repeats calls by the faults of the history. */
export class Wire {
  readonly #loop: Loop
  readonly #chance: Chance
  readonly #tally: Tally
  readonly #note: (line: () => string) => void
  /** The current faults. */
  faults: Faults

  constructor(options: {
    loop: Loop
    chance: Chance
    faults: Faults
    tally: Tally
    note: (line: () => string) => void
  }) {
    this.#loop = options.loop
    this.#chance = options.chance
    this.#tally = options.tally
    this.#note = options.note
    this.faults = options.faults
  }

  get nowMs(): number {
    return this.#loop.nowMs
  }

  /** Draws the duration of one leg, ms: mostly up to 4 ms, sometimes much longer. */
  legMs(): number {
    const { slow, slowMs } = this.faults
    return this.#chance.happens(slow) ? this.#chance.between(20, slowMs) : this.#chance.between(0.3, 4)
  }

  count(what: string): void {
    this.#tally.set(what, (this.#tally.get(what) ?? 0) + 1)
  }

  /** Resolves after `ms` as a timer of Node does, if the process is still alive then. */
  sleep(process: Process, ms: number): Promise<void> {
    return new Promise((resolve) =>
      this.#loop.in(timerMs(ms, this.#chance), () => process.alive && resolve()),
    )
  }

  /** Draws the next page of a list of the API server: its size, and whether the list has expired since its first page. */
  listPage(): { size: number; hasExpired: boolean } {
    const { smallPages } = this.faults
    if (!this.#chance.happens(smallPages)) return { size: Number.POSITIVE_INFINITY, hasExpired: false }
    this.count('small page')
    return { size: 2, hasExpired: this.#chance.happens(0.05) }
  }

  /** Whether the API server no longer has the events that a watch asks for. */
  expires(): boolean {
    const { smallPages } = this.faults
    if (!this.#chance.happens(smallPages) || !this.#chance.happens(0.05)) return false
    this.count('watch expired')
    return true
  }

  /** Sometimes spoils one time of an object of the API server, as the generated client returns it: null, or an invalid Date. */
  withOddTimes<T extends V1Job | V1Pod>(object: T): T {
    if (!this.#chance.happens(this.faults.oddTimes)) return object
    this.count('odd time')
    const odd = this.#chance.happens(0.5) ? null : new Date(Number.NaN)
    const { part, name } = this.#chance.pick(timesOf(object))
    Object.assign(part, { [name]: odd })
    return object
  }

  /**
   * Makes one attempt of one call. An error that `execute` throws is the response of the service.
   * @param about the text for the history.
   */
  attempt<T>(
    process: Process,
    about: () => string,
    faults: CallFaults,
    errors: CallErrors,
    execute: () => T,
  ): Promise<T> {
    const { promise, resolve, reject } = Promise.withResolvers<T>()
    if (!process.alive) return promise
    const respond = (ms: number, act: () => void): void =>
      this.#loop.in(ms, () => {
        if (process.alive) act()
      })
    const goMs = this.legMs()
    if (this.#crashes(process, about, goMs, execute)) return promise
    const fate = this.#fate(faults)
    if (fate !== 'fine') {
      this.count(`${process.kind === 'page' ? 'http' : 'call'} ${fate}`)
      this.#note(() => `${process.name}: ${about()} ${DESCRIPTIONS[fate]}`)
    }
    switch (fate) {
      case 'fine':
        this.#loop.in(goMs, () => {
          const done = outcome(execute)
          respond(this.legMs(), () => done(resolve, reject))
        })
        break
      case 'busy':
        respond(goMs, () => reject(errors.busy()))
        break
      case 'lost':
        respond(goMs, () => reject(errors.cut()))
        break
      case 'responseLost':
        this.#loop.in(goMs, () => outcome(execute))
        respond(goMs + this.legMs(), () => reject(this.#chance.happens(0.5) ? errors.cut() : errors.unsure()))
        break
      case 'hang':
        if (this.#chance.happens(0.7))
          this.#loop.in(this.#chance.between(0, 2.5 * errors.timeoutMs), () => outcome(execute))
        respond(errors.timeoutMs, () => reject(errors.late()))
        break
      default:
        fate satisfies never
    }
    return promise
  }

  /** The Invoke call of Lambda. It resolves when Lambda has accepted the event, not when refill has run. */
  invoke(process: Process, execute: () => void): Promise<void> {
    return this.attempt(process, () => 'invoke refill', this.faults.dynamo, INVOKE, execute)
  }

  #crashes(process: Process, about: () => string, goMs: number, execute: () => unknown): boolean {
    if (process.kind === 'page') return false
    if (this.#chance.happens(this.faults.crashBefore)) {
      this.count('crash before')
      this.#note(() => `${process.name} CRASHES before ${about()}`)
      process.die()
      return true
    }
    if (!this.#chance.happens(this.faults.crashAfter)) return false
    this.count('crash after')
    this.#loop.in(goMs, () => {
      this.#note(() => `${process.name} CRASHES after ${about()}`)
      outcome(execute)
      process.die()
    })
    return true
  }

  #fate({ busy, lost, responseLost, hang }: CallFaults): Fate {
    const sum = busy + lost + responseLost + hang
    if (!this.#chance.happens(sum)) return 'fine'
    return this.#chance.weighed({ busy, lost, responseLost, hang })
  }
}

/** The fields with a time of an object. */
function timesOf({ metadata = {}, status }: V1Job | V1Pod): { part: object; name: string }[] {
  const containers = status && 'containerStatuses' in status ? (status.containerStatuses ?? []) : []
  return [
    { part: metadata, name: 'creationTimestamp' },
    ...(metadata.deletionTimestamp ? [{ part: metadata, name: 'deletionTimestamp' }] : []),
    ...(status?.conditions ?? []).map((part) => ({ part, name: 'lastTransitionTime' })),
    ...containers.flatMap(({ state }) => {
      if (state?.running) return [{ part: state.running, name: 'startedAt' }]
      return state?.terminated ? [{ part: state.terminated, name: 'finishedAt' }] : []
    }),
  ]
}

const LONGEST_TIMER_MS = 2 ** 31 - 1

/**
 * The real duration of a timer. Node cuts the fraction off, and runs a timer below 1 ms or above its maximum after 1 ms:
 * https://nodejs.org/api/timers.html#settimeoutcallback-delay-args. A monotonic clock with fractions may show up to 1 ms less.
 */
function timerMs(ms: number, chance: Chance): number {
  const wholeMs = ms >= 1 && ms <= LONGEST_TIMER_MS ? Math.trunc(ms) : 1
  return wholeMs - chance.next()
}

const cut = (): Error => Object.assign(new Error('socket hang up'), { code: 'ECONNRESET' })
const INVOKE: CallErrors = { busy: cut, cut, unsure: cut, late: cut, timeoutMs: 1_500 }

const DESCRIPTIONS: Record<Exclude<Fate, 'fine'>, string> = {
  busy: 'is refused: busy',
  lost: 'never arrives',
  responseLost: 'takes effect, and its response is lost',
  hang: 'hangs',
}

/** Executes the call now. Returns a function that passes its result to the caller later. */
function outcome<T>(
  execute: () => T,
): (resolve: (value: T) => void, reject: (error: unknown) => void) => void {
  try {
    const value = execute()
    return (resolve) => resolve(value)
  } catch (error) {
    return (_resolve, reject) => reject(error)
  }
}
