import type { Pod, Pool, PoolSlot } from '@warm-pods/core/api/contracts.ts'
import { LIMITS } from '@warm-pods/core/limits.ts'
import type { Phase } from '../visit/state/phase.ts'
import type { SlotIconName } from './slot-icon.tsx'

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

/** A pool with more slots than this is drawn as a grid. */
const ROWS_MAX = 2 * LIMITS.target

/** Returns whether the pool has too many slots for a row of its own for each. */
export function isLarge({ slots }: Pool): boolean {
  return slots.length > ROWS_MAX
}

/** Returns how many slots are warm. */
export function warmCount({ slots }: Pool): number {
  return slots.filter(({ state }) => state === 'warm').length
}

/** Returns whether the visitor's pod is dead and its replacement has no address yet. */
export function isDying(phase: Phase): boolean {
  const { status } = phase
  return (
    (status === 'terminating' || status === 'recovering' || status === 'lost') &&
    !('step' in phase && phase.step === 'connecting')
  )
}

/** Returns the icon of a slot. @param isPast whether the API does not answer, so that the slot is shown as it was. */
export function slotIcon(
  { state, alias }: Pick<PoolSlot, 'state' | 'alias'>,
  isPast: boolean,
  own?: Pod,
): SlotIconName {
  if (state === 'claimed') return alias !== undefined && alias === own?.alias ? 'starting' : 'taken'
  return state === 'warm' && !isPast ? 'warm' : 'starting'
}
