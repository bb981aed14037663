/** A stopwatch with consecutive legs, on one monotonic clock. */
export class Stopwatch {
  readonly #clock: () => number
  #last: number
  readonly #legs: { name: string; ms: number }[] = []

  /** @param clock monotonic, ms. */
  constructor(clock: () => number) {
    this.#clock = clock
    this.#last = clock()
  }

  /** Ends the leg that began at the last mark. Its duration is rounded to 0.01 ms. */
  mark(name: string): void {
    const now = this.#clock()
    this.#legs.push({ name, ms: Math.round((now - this.#last) * 100) / 100 })
    this.#last = now
  }

  /** A copy of the legs so far. */
  legs(): { name: string; ms: number }[] {
    return [...this.#legs]
  }
}
