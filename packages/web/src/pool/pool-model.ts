import type { Pod, Pool } from '@warm-pods/core/api/contracts.ts'

/**
 * Returns the pool without the visitor's own pod `own` among the warm ones. A reading from before the claim still contains
 * it, and the panel would show one warm pod too many.
 */
export function withoutOwnPod(pool: Pool, own: Pod | undefined): Pool {
  const slots = pool.slots.map((slot) =>
    slot.state === 'warm' && own !== undefined && (slot.alias ?? slot.pod?.alias) === own.alias
      ? { ...slot, state: 'claimed' as const }
      : slot,
  )
  return { ...pool, slots }
}
