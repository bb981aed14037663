import { between, hex, seeded, uuid } from '@warm-pods/core/simulation/random.ts'

/** The random numbers of one history. The seed determines all of them. */
export class Chance {
  /** 0 ≤ x < 1. */
  readonly next: () => number

  constructor(seed: number) {
    // Makes the first numbers of neighbouring seeds differ.
    this.next = seeded(Math.imul(seed ^ 0x5bd1e995, 0x9e3779b1))
    for (let i = 0; i < 4; i++) this.next()
  }

  happens(share: number): boolean {
    return share > 0 && this.next() < share
  }

  between(from: number, to: number): number {
    return between(this.next, from, to)
  }

  /** A whole number from 0 to `below` - 1. */
  whole(below: number): number {
    return Math.floor(this.next() * below)
  }

  /** @throws RangeError when there is nothing to pick from. */
  pick<T>(from: readonly T[]): T {
    if (from.length === 0) throw new RangeError('There is nothing to pick from.')
    return from[this.whole(from.length)] as T
  }

  /** Returns one of the names, with a probability proportional to its weight. */
  weighed<K extends string>(weights: Readonly<Record<K, number>>): K {
    const entries = Object.entries(weights) as [K, number][]
    let left = this.next() * entries.reduce((sum, [, weight]) => sum + weight, 0)
    for (const [name, weight] of entries) {
      left -= weight
      if (left < 0) return name
    }
    return this.pick(entries)[0]
  }

  hex(length: number): string {
    return hex(this.next, length)
  }

  /** Returns a UUID of the form in RFC 9562 section 5.4. */
  uuid(): string {
    return uuid(this.next)
  }
}
