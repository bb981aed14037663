import { KEY } from './pending-kill.ts'
import { pendingKill } from './state/visit-state.ts'
import type { Observer } from './visit.ts'

/** Keeps the pending kill of a visit, without its token. With blocked or full storage a reload only loses the receipt. */
export function keepKill(storage: () => Pick<Storage, 'setItem' | 'removeItem'>): Observer {
  return (before, after) => {
    const kill = pendingKill(after)
    if (kill === pendingKill(before)) return
    try {
      if (!kill) storage().removeItem(KEY)
      else storage().setItem(KEY, JSON.stringify({ ...kill, of: { ...kill.of, socket: { protocols: [] } } }))
    } catch {
      // See above.
    }
  }
}
