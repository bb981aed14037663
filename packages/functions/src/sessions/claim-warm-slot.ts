import type { Receipt } from '@warm-pods/core/api/contracts.ts'
import { isInDoubt, type RefillRow } from '@warm-pods/core/state/refill-row.ts'
import { currentTarget } from '@warm-pods/core/state/sizing.ts'
import { claimable, isConfirmed, isServed, type WarmSlot } from '@warm-pods/core/state/slot.ts'
import { type Claimant, claimSlot } from '@warm-pods/core/transitions/claim-slot.ts'
import { isOutage } from '../kubernetes/errors.ts'
import type { Services } from '../services.ts'
import { allPartitions, type PoolRead } from '../store/slots.ts'
import { partitionsOf } from '../store/tables.ts'

/** The counts of a claim, for the session's claim receipt. */
type Counts = Pick<Receipt, 'candidates' | 'tries' | 'conflicts'>

/**
 * How a claim of a warm slot ended. `empty`: this claim has read each slot of the pool, and none had a warm pod that was Ready.
 * `contention`: every race was lost while there were warm slots.
 */
export type WarmClaim =
  | { readonly outcome: 'warm'; readonly slot: WarmSlot; readonly counts: Counts }
  | { readonly outcome: 'empty' | 'contention'; readonly slot?: undefined; readonly counts: Counts }

/**
 * Claims one warm slot by a conditional write. Candidates are shuffled, so that concurrent claims spread over the slots.
 * After a lost race the next candidate of the same read is tried, then more of the pool is read. Kubernetes is asked about a
 * candidate that is not confirmed, and a candidate without a Ready pod is skipped. Errors of DynamoDB and Kubernetes pass through.
 * @param seen the part of the pool that was just read.
 */
export async function claimWarmSlot(
  services: Services,
  seen: PoolRead,
  claimant: Claimant,
): Promise<WarmClaim> {
  const { claimRounds } = services.limits
  const counts = { candidates: 0, tries: 0, conflicts: 0 }
  let pool = seen
  for (let round = 0; round < claimRounds || !pool.isWhole; round++) {
    if (round > 0) pool = await readMore(services, pool.refill, round)
    const candidates = shuffle(claimable(pool.slots, services.now(), services.limits), services.random)
    counts.candidates = candidates.length
    const triesBefore = counts.tries
    for (const slot of candidates) {
      if (!(await isUsable(services, slot, pool.refill))) continue
      counts.tries++
      if (await services.slots.claim(slot, claimSlot(slot, claimant, services.now())))
        return { outcome: 'warm', slot, counts }
      counts.conflicts++
    }
    if (pool.isWhole && counts.tries === triesBefore) return { outcome: 'empty', counts }
  }
  return { outcome: 'contention', counts }
}

/**
 * Reads the warm slots of one partition of a large pool, chosen at random. Later rounds, and rounds for a pool of one partition, read
 * all of them.
 */
async function readMore(
  { limits, random, slots }: Services,
  refill: RefillRow,
  round: number,
): Promise<PoolRead> {
  const { slotCount } = refill
  // No release that keeps this count has run yet.
  if (slotCount === undefined) return slots.read()
  const partitions = allPartitions(slotCount)
  const filled = partitionsOf(currentTarget(refill.sizing, limits))
  if (round > 1 || partitions.length === 1)
    return { slots: await slots.readWarm(partitions), refill, isWhole: true }
  return { slots: await slots.readWarm([Math.floor(random() * filled)]), refill, isWhole: false }
}

/**
 * True for a confirmed slot. Any other is usable when Kubernetes still has its Job and the pod is Ready. When Kubernetes does not
 * answer, a slot that is only old is usable: its pod most likely still runs.
 */
async function isUsable(services: Services, slot: WarmSlot, refill: RefillRow): Promise<boolean> {
  const inDoubt = isInDoubt(refill)
  if (isConfirmed(slot, services.now(), inDoubt, services.limits)) return true
  const cluster = await services.cluster()
  try {
    return isServed(slot, await cluster.inspect(slot.job))
  } catch (error) {
    if (inDoubt || !isOutage(error)) throw error
    return true
  }
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
