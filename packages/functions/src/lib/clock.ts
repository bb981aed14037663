import { setTimeout as sleep } from 'node:timers/promises'

/** The clocks and the chance that a Lambda goes by: in production the machine's, in the simulation one that a seed decides. */
export interface Runtime {
  /** Wall clock, ms since 1970. */
  now(): number
  /** Monotonic clock, ms. */
  monotonic(): number
  /** 0 ≤ x < 1. */
  random(): number
  sleep(ms: number): Promise<void>
}

/** This machine's. */
export const RUNTIME: Runtime = {
  now: Date.now,
  monotonic: () => performance.now(),
  random: Math.random,
  sleep,
}
