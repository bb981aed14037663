import { LIMITS } from '@warm-pods/core/limits.ts'
import { KEY } from './pending-kill.ts'
import { isHolding, type Outage } from './state/phase.ts'
import { pendingKill, type Visit } from './state/visit-state.ts'
import type { VisitStore } from './visit.ts'

type Kept = Pick<Storage, 'setItem' | 'removeItem'>

/**
 * Keeps the pending kill of a visit, without its token, and gives up an interrupted kill whose pod still answers. With blocked or full
 * storage a reload only loses the receipt.
 */
export function keepKill(
  visit: Pick<VisitStore, 'dispatch' | 'observe' | 'snapshot'>,
  storage: () => Kept,
): void {
  let survives: ReturnType<typeof setTimeout> | undefined
  const look = ({ interrupted, phase }: Visit) => {
    if (interrupted && isHolding(phase))
      survives ??= setTimeout(() => visit.dispatch({ type: 'spared', reason: '' }), LIMITS.lostGraceMs)
    else {
      clearTimeout(survives)
      survives = undefined
    }
  }
  look(visit.snapshot())
  visit.observe((before, after) => {
    look(after)
    const kill = pendingKill(after)
    if (kill !== pendingKill(before)) keep(kill, storage)
  })
}

function keep(kill: Outage | undefined, storage: () => Kept): void {
  try {
    if (!kill) storage().removeItem(KEY)
    else storage().setItem(KEY, JSON.stringify({ ...kill, of: { ...kill.of, socket: { protocols: [] } } }))
  } catch {
    // The storage is blocked or full.
  }
}
