/** A stopwatch whose legs follow each other without a gap, on one monotonic clock. */
export class Stopwatch {
  readonly #clock: () => number
  #last: number
  readonly #legs: { name: string; ms: number }[] = []

  constructor(clock: () => number) {
    this.#clock = clock
    this.#last = clock()
  }

  /** Ends the leg that began at the last mark. */
  mark(name: string): void {
    const now = this.#clock()
    this.#legs.push({ name, ms: Math.round((now - this.#last) * 100) / 100 })
    this.#last = now
  }

  legs(): { name: string; ms: number }[] {
    return [...this.#legs]
  }
}
