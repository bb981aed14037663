/** The slots that are due at a wake-up of the worker. All times are monotonic ms. */
export interface Due {
  /** Slots that passed while the browser slept: not measured, neither answered nor lost. */
  readonly slept: readonly number[]
  /** The slot to send now, if one is due. */
  readonly current: number | undefined
  /** The next slot of the grid. */
  readonly nextDueMs: number
  /** How late this wake-up is against the first due slot, ms; undefined when no slot was due. */
  readonly latenessMs: number | undefined
}

/**
 * Splits the slots of a fixed grid that became due by `nowMs`; only the latest is still sent. Timers of hidden or frozen
 * tabs run late by any amount, so timestamps decide, not the number of ticks.
 * @param nextDueMs the first slot that is not handled yet. @param periodMs distance of the slots.
 */
export function slotsDue(nextDueMs: number, nowMs: number, periodMs: number): Due {
  if (nowMs < nextDueMs) return { slept: [], current: undefined, nextDueMs, latenessMs: undefined }
  const passed = Math.floor((nowMs - nextDueMs) / periodMs)
  const current = nextDueMs + passed * periodMs
  // A night's sleep has tens of thousands of slots. Only those within the longest window are listed.
  const first = Math.max(0, passed - SLEPT_MAX)
  const slept = Array.from({ length: passed - first }, (_, i) => nextDueMs + (first + i) * periodMs)
  return { slept, current, nextDueMs: current + periodMs, latenessMs: nowMs - nextDueMs }
}

const SLEPT_MAX = 300
