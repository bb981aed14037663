/**
 * A stream of numbers 0 ≤ x < 1 that only depends on the seed: mulberry32 (Tommy Ettinger, public domain). Not for secrets.
 * @param seed any whole number. Only its lower 32 bits count.
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

/** A random number, `from` ≤ x < `to`. */
export function between(random: () => number, from: number, to: number): number {
  return from + random() * (to - from)
}

/** Random hexadecimal digits. */
export function hex(random: () => number, length: number): string {
  return Array.from({ length }, () => Math.floor(random() * 16).toString(16)).join('')
}

/** A random UUID in the form of version 4 (RFC 9562 section 5.4), like the UIDs of Kubernetes. */
export function uuid(random: () => number): string {
  return `${hex(random, 8)}-${hex(random, 4)}-4${hex(random, 3)}-a${hex(random, 3)}-${hex(random, 12)}`
}
