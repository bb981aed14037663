/** The replenish delay: a claim and the visitor's socket do not compete with the start of the next pod (ADR 34). */
import type { Limits } from '../limits.ts'
import type { EmptySlot, Slot } from '../state/slot.ts'

type Delays = Pick<Limits, 'replenishDelayMs' | 'replenishDelayMaxMs'>

/**
 * Returns how long refill still leaves an empty slot empty, in milliseconds; 0: refill reserves it now. The wait ends
 * `replenishDelayMs` after the last claim of any slot, and at the latest `replenishDelayMaxMs` after the slot's own claim.
 * @param slots all slots, for the last claim.
 */
export function replenishDelay(
  { claimedAtMs }: EmptySlot,
  slots: readonly Slot[],
  nowMs: number,
  { replenishDelayMs, replenishDelayMaxMs }: Delays,
): number {
  if (claimedAtMs === undefined) return 0
  const longest = leftMs(claimedAtMs, replenishDelayMaxMs, nowMs)
  if (longest === 0) return 0
  return Math.min(longest, Math.max(...slots.map((slot) => leftMs(claimTime(slot), replenishDelayMs, nowMs))))
}

/** Milliseconds until refill may reserve the first slot that waits; Infinity when none waits. */
export function nextReplenishMs(slots: readonly Slot[], nowMs: number, limits: Delays): number {
  const waits = slots
    .filter((slot): slot is EmptySlot => slot.state === 'EMPTY')
    .map((slot) => replenishDelay(slot, slots, nowMs, limits))
  return Math.min(...waits.filter((ms) => ms > 0))
}

function claimTime(slot: Slot): number | undefined {
  return slot.state === 'CLAIMED' || slot.state === 'EMPTY' ? slot.claimedAtMs : undefined
}

/** Whole milliseconds. A claim whose time lies ahead delays nothing: one of the two clocks is wrong. */
function leftMs(claimedAtMs: number | undefined, delayMs: number, nowMs: number): number {
  if (claimedAtMs === undefined || claimedAtMs > nowMs) return 0
  return Math.max(0, Math.ceil(claimedAtMs + delayMs - nowMs))
}
