import type { Receipt } from '@warm-pods/core/api/contracts.ts'
import { claimable, type Slot, type WarmSlot } from '@warm-pods/core/state/slot.ts'
import { type Claimant, claimSlot } from '@warm-pods/core/transitions/claim-slot.ts'
import type { Services } from '../services.ts'

/** The counts of a claim, for the session's claim receipt. */
type Counts = Pick<Receipt, 'candidates' | 'tries' | 'conflicts'>

/**
 * How a claim of a warm slot ended. `empty`: a read of the pool showed no warm slot. `contention`: every race was lost
 * while there were warm slots.
 */
export type WarmClaim =
  | { readonly outcome: 'warm'; readonly slot: WarmSlot; readonly counts: Counts }
  | { readonly outcome: 'empty' | 'contention'; readonly slot?: undefined; readonly counts: Counts }

/**
 * Claims one warm slot by a conditional write. Candidates are shuffled, so that concurrent claims spread over the slots.
 * After a lost race the next candidate of the same read is tried, then the pool is read again. Errors of DynamoDB pass
 * through.
 * @param seen the slots as just read, strongly consistent.
 */
export async function claimWarmSlot(
  services: Services,
  seen: readonly Slot[],
  claimant: Claimant,
): Promise<WarmClaim> {
  const counts = { candidates: 0, tries: 0, conflicts: 0 }
  let slots = seen
  for (let round = 0; round < services.limits.claimRounds; round++) {
    if (round > 0) slots = (await services.slots.read()).slots
    const candidates = shuffle(claimable(slots, services.now(), services.limits), services.random)
    counts.candidates = candidates.length
    if (candidates.length === 0) return { outcome: 'empty', counts }
    for (const slot of candidates) {
      counts.tries++
      if (await services.slots.claim(slot, claimSlot(slot, claimant, services.now())))
        return { outcome: 'warm', slot, counts }
      counts.conflicts++
    }
  }
  return { outcome: 'contention', counts }
}

/** Fisher–Yates, on a copy. */
function shuffle<Item>(items: readonly Item[], random: () => number): Item[] {
  const result = [...items]
  for (let last = result.length - 1; last > 0; last--) {
    const other = Math.floor(random() * (last + 1))
    const [lastItem, otherItem] = [result[last], result[other]]
    if (lastItem !== undefined && otherItem !== undefined) {
      result[last] = otherItem
      result[other] = lastItem
    }
  }
  return result
}
