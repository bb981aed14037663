/**
 * The kill whose recovery is not complete yet. It is kept in sessionStorage like the secret, so a reload of this tab finishes its
 * receipt and another tab does not. `keep-kill.ts` writes it.
 */
import { LIMITS } from '@warm-pods/core/limits.ts'
import { nowMs } from '../lib/clock.ts'
import type { Outage } from './state/phase.ts'

/** The number changes with the stored form. */
export const KEY = 'warm-pods.kill.1'

/** Returns the kill that the page before a reload kept; undefined for none, an old one, or damaged text. */
export function storedKill(storage: () => Pick<Storage, 'getItem'>): Outage | undefined {
  try {
    const kill: Outage = JSON.parse(storage().getItem(KEY) ?? '')
    const ageMs = nowMs() - kill.atMs
    if (kill.of.pod.alias && ageMs >= 0 && ageMs < LIMITS.leaseMs) return kill
  } catch {
    // A kill without a receipt is no reason to fail.
  }
  return undefined
}
