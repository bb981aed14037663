import type { Chance } from '../seeded-random.ts'

interface Due {
  readonly atMs: number
  /** Decides among what is due at the same instant. */
  readonly order: number
  readonly act: () => void
}

/**
 * A clock that stands still until nothing is left to do at this instant, and then goes on to the next thing that is due.
 * Everything that code under it awaits is due here, so which of two awaits ends first is this loop's decision alone:
 * by time, and by the seed where times are equal.
 */
export class Loop {
  /** Virtual milliseconds since the history began. */
  nowMs = 0
  /** How often something that was awaited has come about. */
  steps = 0
  readonly #chance: Chance
  readonly #heap: Due[] = []

  constructor(chance: Chance) {
    this.#chance = chance
  }

  /** Does `act` in so many virtual milliseconds. */
  in(ms: number, act: () => void): void {
    this.#push({ atMs: this.nowMs + Math.max(0, ms), order: this.#chance.next(), act })
  }

  /**
   * Goes on until the clock stands at `untilMs`, or until `stop` says so after a step.
   * Between two steps every microtask runs, so code goes as far as it can before anything else happens.
   */
  async run(untilMs: number, stop: () => boolean = () => false): Promise<void> {
    await settled()
    while (!stop()) {
      const next = this.#heap[0]
      if (next === undefined || next.atMs > untilMs) {
        this.nowMs = Math.max(this.nowMs, untilMs)
        return
      }
      this.#pop()
      this.nowMs = next.atMs
      this.steps++
      next.act()
      await settled()
    }
  }

  #push(due: Due): void {
    const heap = this.#heap
    let i = heap.length
    heap.push(due)
    while (i > 0) {
      const parent = (i - 1) >> 1
      const above = heap[parent]
      if (above === undefined || !isBefore(due, above)) break
      heap[i] = above
      i = parent
    }
    heap[i] = due
  }

  #pop(): void {
    const heap = this.#heap
    const last = heap.pop()
    if (last === undefined || heap.length === 0) return
    let i = 0
    for (;;) {
      const left = 2 * i + 1
      const [a, b] = [heap[left], heap[left + 1]]
      if (a === undefined) break
      const [child, at] = b !== undefined && isBefore(b, a) ? [b, left + 1] : [a, left]
      if (!isBefore(child, last)) break
      heap[i] = child
      i = at
    }
    heap[i] = last
  }
}

function isBefore(a: Due, b: Due): boolean {
  return a.atMs < b.atMs || (a.atMs === b.atMs && a.order < b.order)
}

/** Resolves when every microtask that is due, and every one that those make, has run. */
function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}
