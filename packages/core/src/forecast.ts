import type { Pool } from './api/contracts.ts'

/**
 * Erlang-B: the share of arrivals, 0..1, that find all servers busy. A slot is busy while its replacement starts, so 1 − B
 * is the share of visitors served warm. The recursion B(0) = 1, B(n) = a·B(n−1) / (n + a·B(n−1)) is stable for any load
 * (Erlang 1917).
 * @param servers warm slots.
 * @param load in erlangs, which have no unit: arrival rate × holding time.
 */
export function erlangB(servers: number, load: number): number {
  let blocked = 1
  for (let count = 1; count <= servers; count++) blocked = (load * blocked) / (count + load * blocked)
  return blocked
}

/** The share of visitors, 0..1, that find one of `slots` warm slots. @param startMs mean start of a pod, ms. */
export function warmShare(slots: number, arrivalsPerMinute: number, startMs: number): number {
  return 1 - erlangB(slots, (arrivalsPerMinute * startMs) / 60_000)
}

/** A shorter time says nothing about arrivals a minute. */
const SHORTEST_MS = 60_000

/** Arrivals and pod starts within a window of time. */
export interface Arrivals {
  /** How long the window was observed. Rates are divided by it, and by at least {@link SHORTEST_MS}. */
  readonly observedMs: number
  /** `warm` and `cold` are visitors; `failovers` are the later pods that one of them took from the pool. */
  readonly warm: number
  readonly cold: number
  readonly failovers: number
  /** Pod starts that were timed. */
  readonly starts: number
  /** Mean of those starts, ms; null without a start. */
  readonly startMs: number | null
}

/** The forecast for the arrivals of a window: the share of visitors served warm, or null while nothing was measured. */
export function forecastOf(
  { observedMs, warm, cold, failovers, starts, startMs }: Arrivals,
  target: number,
): Pool['forecast'] {
  const arrivalsPerMinute = (warm + cold + failovers) / (Math.max(SHORTEST_MS, observedMs) / 60_000)
  const share = (slots: number): number | null =>
    startMs === null || arrivalsPerMinute === 0 ? null : warmShare(slots, arrivalsPerMinute, startMs)
  return {
    arrivalsPerMinute,
    startMs,
    observedMs,
    warmShare: share(target),
    warmShareWithOneMore: share(target + 1),
    hour: { warm, cold, failovers, starts },
  }
}
