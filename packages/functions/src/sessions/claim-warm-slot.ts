import { claimable, type Slot, type WarmSlot } from '@warm-pods/core/state/state.ts'
import type { Services } from '../services.ts'

export interface Take {
  /** `empty` only when a read of the pool showed no warm slot; lost races with slots left are `contention`. */
  readonly outcome: 'warm' | 'empty' | 'contention'
  readonly slot?: WarmSlot
  readonly candidates: number
  readonly tries: number
  readonly conflicts: number
}

/**
 * Takes one warm slot by a conditional write. Candidates are shuffled so that visitors who come together spread out;
 * a lost race moves on to the next candidate of the same read, then the pool is read again.
 * @param seen the slots as just read, strongly consistent.
 */
export async function claimWarmSlot(
  services: Services,
  seen: readonly Slot[],
  by: { sessionId: string; epoch: number; visitor: string },
): Promise<Take> {
  const counts = { candidates: 0, tries: 0, conflicts: 0 }
  let slots = seen
  for (let round = 0; round < services.limits.claimRounds; round++) {
    if (round > 0) slots = (await services.slots.read()).slots
    const candidates = shuffle(claimable(slots, services.now(), services.limits), services.random)
    counts.candidates = candidates.length
    if (candidates.length === 0) return { outcome: 'empty', ...counts }
    for (const slot of candidates) {
      counts.tries++
      if (await services.slots.claim(slot, { ...by, atMs: services.now() }))
        return { outcome: 'warm', slot, ...counts }
      counts.conflicts++
    }
  }
  return { outcome: 'contention', ...counts }
}

/** Fisher–Yates, on a copy. */
function shuffle<T>(items: readonly T[], random: () => number): T[] {
  const result = [...items]
  for (let i = result.length - 1; i > 0; i--) {
    const j = Math.floor(random() * (i + 1))
    const [a, b] = [result[i], result[j]]
    if (a !== undefined && b !== undefined) {
      result[i] = b
      result[j] = a
    }
  }
  return result
}
