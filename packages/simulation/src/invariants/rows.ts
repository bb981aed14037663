/** Slot and session rows as the tables store them. */
import { MAIN, REFILL_ROW } from '@warm-pods/functions/store/tables.ts'
import type { Item } from '../engines/expressions.ts'

export interface SlotItem {
  readonly slot: string
  readonly gen: number
  readonly since: string
  readonly state: 'EMPTY' | 'STARTING' | 'WARM' | 'CLAIMED'
  readonly job?: string
  readonly key?: string
  readonly spec?: string
  readonly pod?: { readonly uid: string }
  readonly checkedAt?: string
  readonly reachedAt?: string
  readonly claimedAt?: string
  readonly startMs?: number
  readonly sessionId?: string
  readonly epoch?: number
}

/** Refill's row, as far as the rules read it. */
export interface RefillItem {
  readonly lastRunAt?: string
  readonly confirmedAt?: string
  readonly failures?: number
  readonly problem?: string
  readonly pausedUntil?: string
  readonly backOffUntil?: string
  readonly doubts?: number
  readonly slotCount?: number
  readonly sizing?: { readonly target: number }
  readonly runner?: string
  readonly pendingWork?: ReadonlySet<string>
  readonly atRest?: boolean
}

export interface KillItem {
  readonly epoch: number
  readonly podUid?: string
  readonly done: boolean
}

export interface SessionItem {
  readonly sessionId: string
  readonly version: number
  readonly state: 'starting' | 'live' | 'recovering' | 'ended'
  readonly epoch: number
  readonly job: string
  readonly pod?: { readonly uid: string }
  readonly seenAt: string
  readonly epochAt: string
  readonly leaseEndsAt: string
  readonly endsAt: string
  readonly kill?: KillItem
  readonly oldJobs: readonly { readonly job: string; readonly epoch: number; readonly kill?: KillItem }[]
  readonly receipt: { readonly outcome: string }
  readonly source: string
  readonly live?: string
}

/** Returns the item as a slot, if it is one. Only the stores write items, so their fields are known. */
export function slotItem(item: Item | undefined): SlotItem | undefined {
  const isInPool = item !== undefined && (item.pool === MAIN || String(item.pool).startsWith(`${MAIN}#`))
  return isInPool && item.slot !== REFILL_ROW ? (item as unknown as SlotItem) : undefined
}

/** Returns the item as refill's row, if it is that row. */
export function refillItem(item: Item | undefined): RefillItem | undefined {
  return item?.pool === MAIN && item.slot === REFILL_ROW ? (item as unknown as RefillItem) : undefined
}

/** Returns the item as a session, if it is one. */
export function sessionItem(item: Item | undefined): SessionItem | undefined {
  return item?.item === 'session' ? (item as unknown as SessionItem) : undefined
}

/** Returns the Jobs that a session refers to. An ended session refers to none. */
export function jobsOf(session: SessionItem | undefined): string[] {
  if (!session || session.state === 'ended') return []
  return [session.job, ...session.oldJobs.map(({ job }) => job)]
}
