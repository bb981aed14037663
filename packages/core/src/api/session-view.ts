import { isKilled } from '../state/kill-state.ts'
import type { SessionRow } from '../state/session.ts'
import type { Slot } from '../state/slot.ts'
import { toIsoTime } from '../time.ts'
import type { Pod, PoolSlot, Progress, Session } from './contracts.ts'

/** Returns a session for its holder. The socket is included only with a pod to connect to. */
export function sessionView(
  row: SessionRow,
  extra: { socket?: Session['socket']; progress?: Progress },
): Session {
  const killed = isKilled(row)
  const serves = row.state === 'live' && !killed
  return {
    id: row.sessionId,
    state: row.state === 'live' && killed ? 'recovering' : row.state,
    epoch: row.epoch,
    source: row.source,
    ...(serves && row.pod ? { pod: row.pod } : {}),
    ...(serves && extra.socket ? { socket: extra.socket } : {}),
    ...(extra.progress ? { progress: extra.progress } : {}),
    leaseEndsAt: toIsoTime(row.leaseEndsAtMs),
    endsAt: toIsoTime(row.endsAtMs),
    ...(row.endReason ? { endReason: row.endReason } : {}),
    receipt: row.receipt,
    heals: [...row.heals],
  }
}

/** Returns the public view of a slot. A claimed slot shows neither its pod nor its session. */
export function slotView(slot: Slot): PoolSlot {
  const base = { slot: slot.slot, gen: slot.gen, since: toIsoTime(slot.sinceMs) }
  switch (slot.state) {
    case 'EMPTY':
      return { ...base, state: 'empty' }
    case 'STARTING':
      return {
        ...base,
        state: 'starting',
        ...(slot.progress ? { progress: slot.progress } : {}),
        ...(slot.problem ? { problem: slot.problem } : {}),
      }
    case 'WARM':
      return { ...base, state: 'warm', ...known(slot.pod, slot.startMs) }
    case 'CLAIMED':
      return { ...base, state: 'claimed' }
    default:
      return slot satisfies never
  }
}

function known(pod: Pod, startMs: number | undefined): Partial<PoolSlot> {
  return { alias: pod.alias, pod, ...(startMs === undefined ? {} : { startMs }) }
}
