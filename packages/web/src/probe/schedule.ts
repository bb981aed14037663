/** What a wake-up of the worker finds due. */
export interface Due {
  /** Slots nobody was awake for: not measured, neither answered nor lost. */
  readonly slept: readonly number[]
  /** The slot to send now, if one is due. */
  readonly current: number | undefined
  /** The next slot of the grid. */
  readonly nextDueMs: number
  /** How late this wake-up is against the first slot it finds; undefined when nothing was due. */
  readonly latenessMs: number | undefined
}

/**
 * Splits the slots of a fixed grid that became due by `nowMs`: only the latest is still worth sending. Timers of hidden
 * or frozen tabs run late by any amount, so slots are judged by timestamps and never by counting ticks.
 * @param nextDueMs first slot not handled yet, ms. @param periodMs distance of the slots, ms.
 */
export function slotsDue(nextDueMs: number, nowMs: number, periodMs: number): Due {
  if (nowMs < nextDueMs) return { slept: [], current: undefined, nextDueMs, latenessMs: undefined }
  const passed = Math.floor((nowMs - nextDueMs) / periodMs)
  const current = nextDueMs + passed * periodMs
  // A night's sleep is tens of thousands of slots; more than the longest window need never be listed.
  const first = Math.max(0, passed - SLEPT_MAX)
  const slept = Array.from({ length: passed - first }, (_, i) => nextDueMs + (first + i) * periodMs)
  return { slept, current, nextDueMs: current + periodMs, latenessMs: nowMs - nextDueMs }
}

const SLEPT_MAX = 300
