import type { Pod, Pool } from '@warm-pods/core/api/contracts.ts'

/**
 * The pool as it is for whoever holds `mine`: a reading from before the claim has that pod as warm still, and showing it
 * twice would say that there is one more than there is.
 */
export function withoutMine(pool: Pool, mine: Pod | undefined): Pool {
  const slots = pool.slots.map((slot) =>
    slot.state === 'warm' && mine !== undefined && (slot.alias ?? slot.pod?.alias) === mine.alias
      ? { ...slot, state: 'claimed' as const }
      : slot,
  )
  return { ...pool, slots }
}
