import type { PoolSlot } from '@warm-pods/core/api/contracts.ts'
import { POOL } from '../copy/first-paint.ts'
import { SLOT_GRID } from '../copy/pool.ts'

type State = PoolSlot['state']

/** The states in the order in which a slot passes through them after its pod is warm. */
const STATES: readonly State[] = ['warm', 'unconfirmed', 'claimed', 'starting', 'empty']

/** Returns how many slots are in each state, without the states of no slot. A state of a newer API comes last. */
export function countsOf(slots: readonly PoolSlot[]): { state: State; count: number }[] {
  const groups = Map.groupBy(slots, ({ state }) => state)
  return [...new Set([...STATES, ...groups.keys()])].flatMap((state) => {
    const count = groups.get(state)?.length ?? 0
    return count === 0 ? [] : [{ state, count }]
  })
}

/** Returns a state in the words of the panel's rows. */
export function stateWord(state: State): string {
  return state === 'claimed' ? POOL.inUse : (POOL[state] ?? state)
}

/** Returns a slot in one line for screen readers. */
export function slotLabel({ alias, pod, slot, state }: PoolSlot, of: number, isPast: boolean): string {
  const word = isPast ? `${POOL.was} ${stateWord(state)}` : stateWord(state)
  return SLOT_GRID.label(slot + 1, of, word, alias ?? pod?.alias)
}
