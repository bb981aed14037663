/** One process that can die at any await: what it waits for then never comes, and what it has sent is done all the same. */
export class Process {
  readonly name: string
  readonly kind: 'api' | 'refill' | 'page'
  /** How far its wall clock is from the true one, ms. */
  readonly skewMs: number
  /** When the calls that it works at began, by the virtual clock. */
  readonly calls = new Set<{ readonly sinceMs: number }>()
  alive = true
  readonly died: Promise<void>
  readonly #tell: () => void

  constructor(name: string, kind: Process['kind'], skewMs: number) {
    this.name = name
    this.kind = kind
    this.skewMs = skewMs
    const { promise, resolve } = Promise.withResolvers<void>()
    this.died = promise
    this.#tell = resolve
  }

  die(): void {
    this.alive = false
    this.#tell()
  }

  /** When the earliest of its calls began; `otherwise` when it works at none. */
  busySinceMs(otherwise: number): number {
    return Math.min(otherwise, ...[...this.calls].map(({ sinceMs }) => sinceMs))
  }
}
