import type { Pod, Pool } from '@warm-pods/core/api/contracts.ts'

/**
 * Returns how long ago refill last compared the pool with Kubernetes, ms. The API's clock measures the time before the request, and
 * the page's monotonic clock the time since. Undefined when the API does not state an age.
 * @param askedMs when the page sent the request, {@link nowMs}.
 */
export function confirmedAgoMs(pool: Pool, askedMs: number, atMs: number): number | undefined {
  const { confirmedAgoMs: agoMs } = pool.refill
  return agoMs === undefined ? undefined : agoMs + atMs - askedMs
}

/**
 * Returns the pool without the visitor's own pod `own` among the warm ones. A reading from before the claim still contains
 * it, and the panel would show one warm pod too many.
 */
export function withoutOwnPod(pool: Pool, own: Pod | undefined): Pool {
  const slots = pool.slots.map((slot) =>
    (slot.state === 'warm' || slot.state === 'unconfirmed') &&
    own !== undefined &&
    (slot.alias ?? slot.pod?.alias) === own.alias
      ? { ...slot, state: 'claimed' as const }
      : slot,
  )
  return { ...pool, slots }
}
