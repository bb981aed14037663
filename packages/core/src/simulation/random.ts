/**
 * A stream of numbers from 0 to 1 that the seed alone decides: mulberry32 (Tommy Ettinger, public domain). Not for secrets.
 * @param seed any whole number; its lower 32 bits count.
 */
export function seeded(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = state
    mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}

/** A number between `from` and `to`. */
export function between(random: () => number, from: number, to: number): number {
  return from + random() * (to - from)
}

/** `length` hexadecimal digits. */
export function hex(random: () => number, length: number): string {
  return Array.from({ length }, () => Math.floor(random() * 16).toString(16)).join('')
}

/** A UUID, version 4 in form (RFC 9562 section 5.4), as Kubernetes gives its objects. */
export function uuid(random: () => number): string {
  return `${hex(random, 8)}-${hex(random, 4)}-4${hex(random, 3)}-a${hex(random, 3)}-${hex(random, 12)}`
}
