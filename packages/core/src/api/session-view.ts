import type { Limits } from '../limits.ts'
import { isKilled } from '../state/kill-state.ts'
import type { SessionRow } from '../state/session.ts'
import { isConfirmed, type Slot, type WarmSlot } from '../state/slot.ts'
import { toIsoTime } from '../time.ts'
import type { PoolSlot, Session } from './contracts.ts'

/**
 * Returns a session for its holder. The socket is included only with a pod to connect to.
 * @param extra `nowMs`: wall clock, ms since 1970; with it the view has the rest of the lease.
 */
export function sessionView(
  row: SessionRow,
  extra: Pick<Session, 'socket' | 'progress' | 'routed'> & { nowMs?: number },
): Session {
  const killed = isKilled(row)
  const serves = row.state === 'live' && !killed
  return {
    id: row.sessionId,
    state: row.state === 'live' && killed ? 'recovering' : row.state,
    epoch: row.epoch,
    source: row.source,
    ...(row.requestId ? { requestId: row.requestId } : {}),
    ...(serves && row.pod ? { pod: row.pod } : {}),
    ...(serves && extra.socket ? { socket: extra.socket } : {}),
    ...(extra.progress ? { progress: extra.progress } : {}),
    ...(extra.routed ? { routed: extra.routed } : {}),
    leaseEndsAt: toIsoTime(row.leaseEndsAtMs),
    ...(extra.nowMs === undefined ? {} : { leaseLeftMs: Math.max(0, row.leaseEndsAtMs - extra.nowMs) }),
    endsAt: toIsoTime(row.endsAtMs),
    ...(row.endReason ? { endReason: row.endReason } : {}),
    receipt: row.receipt,
    heals: [...row.heals],
  }
}

/** The moment and the circumstances of a view of the pool. */
export interface Viewed {
  /** Wall clock, ms since 1970. */
  readonly nowMs: number
  readonly limits: Pick<Limits, 'confirmedMs'>
  /** See `isInDoubt` of `refill-row.ts`. */
  readonly isInDoubt: boolean
}

/** Returns the public view of a slot. A claimed slot shows neither its pod nor its session. */
export function slotView(slot: Slot, { nowMs, limits, isInDoubt }: Viewed): PoolSlot {
  const base = { slot: slot.slot, gen: slot.gen, since: toIsoTime(slot.sinceMs) }
  switch (slot.state) {
    case 'EMPTY':
      return { ...base, state: 'empty' }
    case 'STARTING':
      return {
        ...base,
        state: 'starting',
        ...(slot.progress ? { progress: slot.progress } : {}),
        ...(slot.routed ? { routed: slot.routed } : {}),
        ...(slot.problem ? { problem: slot.problem } : {}),
      }
    case 'WARM':
      return {
        ...base,
        state: isConfirmed(slot, nowMs, isInDoubt, limits) ? 'warm' : 'unconfirmed',
        ...confirmedView(slot.checkedAtMs, nowMs),
        ...reachedView(slot, nowMs),
        ...known(slot),
      }
    case 'CLAIMED':
      return { ...base, state: 'claimed' }
    default:
      return slot satisfies never
  }
}

/** The fields of a fact that was last confirmed at `atMs`, ms since 1970. Clocks differ a little, so no age is negative. */
export function confirmedView(
  atMs: number,
  nowMs: number,
): { readonly confirmedAt: string; readonly confirmedAgoMs: number } {
  return { confirmedAt: toIsoTime(atMs), confirmedAgoMs: Math.max(0, nowMs - atMs) }
}

function reachedView({ reachedAtMs }: WarmSlot, nowMs: number): Partial<PoolSlot> {
  if (reachedAtMs === undefined) return {}
  return { reachedAt: toIsoTime(reachedAtMs), reachedAgoMs: Math.max(0, nowMs - reachedAtMs) }
}

function known({ pod, routedMs, startMs }: WarmSlot): Partial<PoolSlot> {
  return {
    alias: pod.alias,
    pod,
    ...(startMs === undefined ? {} : { startMs }),
    ...(routedMs === undefined ? {} : { routedMs }),
  }
}
