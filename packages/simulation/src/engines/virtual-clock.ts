import type { Chance } from '../seeded-random.ts'

interface Due {
  readonly atMs: number
  /** The order among actions of the same time. */
  readonly order: number
  readonly act: () => void
}

/**
 * A virtual clock with a queue of actions. It advances to the next action only when no code can run at the current
 * time. All awaits of the simulated code end by an action of this queue. So the queue alone decides their order: by
 * time, and by the seed for equal times.
 */
export class Loop {
  /** Virtual milliseconds since the history began. */
  nowMs = 0
  /** The number of executed actions. */
  steps = 0
  readonly #chance: Chance
  readonly #heap: Due[] = []

  constructor(chance: Chance) {
    this.#chance = chance
  }

  /** Calls `act` in `ms` virtual milliseconds. */
  in(ms: number, act: () => void): void {
    this.#push({ atMs: this.nowMs + Math.max(0, ms), order: this.#chance.next(), act })
  }

  /**
   * Executes actions until the clock reaches `untilMs`, or until `stop` returns true. All microtasks run between two
   * actions.
   */
  async run(untilMs: number, stop: () => boolean = () => false): Promise<void> {
    await microtasksDone()
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
      await microtasksDone()
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

/** Resolves when every microtask, including newly queued ones, has run. */
function microtasksDone(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}
