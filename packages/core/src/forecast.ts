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
