import type { ClaimedSlot, WarmSlot } from '../state/slot.ts'

/** The session that a claim is for. */
export interface Claimant {
  readonly sessionId: string
  readonly epoch: number
  /** The rotating hash of the visitor's address. */
  readonly visitor: string
}

/** A warm slot, claimed for one epoch of a session. */
export function claimSlot(
  { checkedAtMs: _checkedAtMs, reachedAtMs: _reachedAtMs, routedMs: _routedMs, ...slot }: WarmSlot,
  { sessionId, epoch, visitor }: Claimant,
  nowMs: number,
): ClaimedSlot {
  return { ...slot, state: 'CLAIMED', sessionId, epoch, visitor, claimedAtMs: nowMs, sinceMs: nowMs }
}
