import { setTimeout as sleep } from 'node:timers/promises'

/** Clocks and random numbers: the machine's in production, and decided by a seed in the simulation. */
export interface Runtime {
  /** Wall clock, ms since 1970. */
  now(): number
  /** Monotonic clock, ms. Only differences have a meaning. */
  monotonic(): number
  /** 0 ≤ x < 1. */
  random(): number
  sleep(ms: number): Promise<void>
}

/** The machine's own clocks and random numbers. */
export const RUNTIME: Runtime = {
  now: Date.now,
  monotonic: () => performance.now(),
  random: Math.random,
  sleep,
}
