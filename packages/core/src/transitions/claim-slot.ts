import type { ClaimedSlot, WarmSlot } from '../state/slot.ts'

/** The session that a claim is for. */
export interface Claimant {
  readonly sessionId: string
  readonly epoch: number
  /** The rotating hash of the visitor's address. */
  readonly visitor: string
  /** The API's request that claims the slot. */
  readonly requestId?: string
}

/** A warm slot, claimed for one epoch of a session. */
export function claimSlot(
  { checkedAtMs: _checkedAtMs, reachedAtMs: _reachedAtMs, routedMs: _routedMs, ...slot }: WarmSlot,
  { sessionId, epoch, requestId, visitor }: Claimant,
  nowMs: number,
): ClaimedSlot {
  const request = requestId === undefined ? {} : { requestId }
  return {
    ...slot,
    state: 'CLAIMED',
    sessionId,
    epoch,
    visitor,
    ...request,
    claimedAtMs: nowMs,
    sinceMs: nowMs,
  }
}
