import type { WorkKey } from '@warm-pods/core/state/work.ts'

/** A process that can die at any await. Its awaits then never resolve, but its sent calls still take effect. */
export class Process {
  readonly name: string
  readonly kind: 'api' | 'refill' | 'page'
  /** The skew of its wall clock, ms. It may change at any time. */
  skewMs: number
  /** The start times of its current calls, virtual ms. */
  readonly calls = new Set<{ readonly sinceMs: number }>()
  alive = true
  /** The rows that the trigger of its current call has named. */
  work: readonly WorkKey[] = []
  readonly died: Promise<void>
  readonly #onDeath: () => void

  constructor(name: string, kind: Process['kind'], skewMs: number) {
    this.name = name
    this.kind = kind
    this.skewMs = skewMs
    const { promise, resolve } = Promise.withResolvers<void>()
    this.died = promise
    this.#onDeath = resolve
  }

  die(): void {
    this.alive = false
    this.#onDeath()
  }

  /** Whether it runs no other call. With several calls, a write may be of any of them, and it has the earliest start. */
  get hasOneCall(): boolean {
    return this.calls.size <= 1
  }

  /** Returns the start of its earliest current call, or `otherwise` without one. */
  busySinceMs(otherwise: number): number {
    return Math.min(otherwise, ...[...this.calls].map(({ sinceMs }) => sinceMs))
  }
}
