import type { Pool } from './api/contracts.ts'

/**
 * Erlang-B: the share of arrivals that find all of `servers` busy, when `load` = arrival rate x holding time.
 * Here a slot is "busy" while its replacement starts, so 1 − B is the share of visitors served warm.
 * The recursion is B(0) = 1, B(n) = a·B(n−1) / (n + a·B(n−1)) (Erlang 1917; stable for any load).
 */
export function erlangB(servers: number, load: number): number {
  let blocked = 1
  for (let n = 1; n <= servers; n++) blocked = (load * blocked) / (n + load * blocked)
  return blocked
}

/** The share of visitors that `slots` warm slots serve warm, 0..1. */
export function warmShare(slots: number, arrivalsPerMinute: number, startMs: number): number {
  return 1 - erlangB(slots, (arrivalsPerMinute * startMs) / 60_000)
}

/** What came within a window, and how long starts took in it. */
export interface Arrivals {
  readonly minutes: number
  /** `warm` and `cold` are visitors; `failovers` are the later pods that one of them took from the pool. */
  readonly warm: number
  readonly cold: number
  readonly failovers: number
  /** How many starts of pods were timed, and their mean; null without one. */
  readonly starts: number
  readonly startMs: number | null
}

/** What share of visitors a pool of `target` should serve warm if they go on coming as they did; null where that is not known. */
export function forecastOf(
  { minutes, warm, cold, failovers, starts, startMs }: Arrivals,
  target: number,
): Pool['forecast'] {
  const arrivalsPerMinute = (warm + cold + failovers) / minutes
  const share = (slots: number): number | null =>
    startMs === null || arrivalsPerMinute === 0 ? null : warmShare(slots, arrivalsPerMinute, startMs)
  return {
    arrivalsPerMinute,
    startMs,
    warmShare: share(target),
    warmShareWithOneMore: share(target + 1),
    hour: { warm, cold, failovers, starts },
  }
}
