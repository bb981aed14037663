/**
 * A slot of the warm pool, as its row records it. Times are wall-clock milliseconds since 1970, taken by the process
 * that wrote the row. Code compares them with limits of seconds and minutes and never measures with them.
 */
import type { Pod, Progress, Routed } from '../api/contracts.ts'
import type { Limits } from '../limits.ts'
import { ageMs } from '../time.ts'
import type { ClusterView } from './cluster-view.ts'

interface SlotBase {
  readonly slot: number
  /** True for a row that an earlier release has stored under another key. Refill empties it, and does not fill it again. */
  readonly former?: true
  /** Generation: grows by one whenever the slot is emptied. Every write names the generation it read. */
  readonly gen: number
  readonly sinceMs: number
}

/** The Job that a slot has reserved. */
export interface ReservedJob {
  readonly job: string
  /** The Job's own key. It signs the tokens for the Job's pod. */
  readonly key: string
  /** Hash of the pod specification. A different hash means that a deploy has changed it. */
  readonly spec: string
}

export interface EmptySlot extends SlotBase {
  readonly state: 'EMPTY'
  /** When a visitor claimed the pod that left the slot. Absent when refill retired that pod. */
  readonly claimedAtMs?: number
}
export interface StartingSlot extends SlotBase, ReservedJob {
  readonly state: 'STARTING'
  readonly progress?: Progress
  /** The step after those of `progress`. */
  readonly routed?: Routed
  readonly problem?: string
}
export interface WarmSlot extends SlotBase, ReservedJob {
  readonly state: 'WARM'
  readonly pod: Pod
  /** When the list of pods was requested in which refill last saw the pod Ready. */
  readonly checkedAtMs: number
  /** When a handshake through the gateway last reached the pod. Absent without a gateway, and in rows of earlier releases. */
  readonly reachedAtMs?: number
  /** Job requested to pod Ready and reached, in milliseconds. Absent when no single process saw the whole start. */
  readonly startMs?: number
  /** The part of `startMs` after the pod was seen Ready: the way through the gateway. */
  readonly routedMs?: number
}
export interface ClaimedSlot extends SlotBase, ReservedJob {
  readonly state: 'CLAIMED'
  readonly pod: Pod
  readonly startMs?: number
  readonly sessionId: string
  readonly epoch: number
  readonly claimedAtMs: number
  /** The rotating hash of the visitor's address. Refill needs it when it has to write the session itself. */
  readonly visitor?: string
  /** The API's request that claimed the slot. */
  readonly requestId?: string
}
export type Slot = EmptySlot | StartingSlot | WarmSlot | ClaimedSlot
/** A slot that holds a Job. */
export type FilledSlot = Exclude<Slot, EmptySlot>

/** True when the cluster still has the slot's Job, and its pod is Ready and not being deleted. */
export function isServed({ job, pod: { uid } }: WarmSlot, { jobs, pods }: ClusterView): boolean {
  const view = pods.find(({ pod }) => pod.uid === uid)
  const isReady = view?.ready === true && !view.deleting && view.phase === 'Running'
  return isReady && jobs.some(({ name, state }) => name === job && state === 'active')
}

/** True when the way through the gateway to the slot's pod must be checked again. */
export function isPathOld(
  { reachedAtMs = 0 }: WarmSlot,
  nowMs: number,
  { pathCheckMs }: Pick<Limits, 'pathCheckMs'>,
): boolean {
  return ageMs(reachedAtMs, nowMs) >= pathCheckMs
}

/** The slots that a claim may try: WARM, and seen Ready within `warmStaleMs`. */
export function claimable(slots: readonly Slot[], nowMs: number, limits: Limits): WarmSlot[] {
  return slots.filter(
    (slot): slot is WarmSlot => slot.state === 'WARM' && ageMs(slot.checkedAtMs, nowMs) <= limits.warmStaleMs,
  )
}

/**
 * True when refill has seen the slot's pod Ready within `confirmedMs`, and no process has reported a doubt since. A claim asks
 * Kubernetes about any other slot before it takes it.
 * @param isInDoubt from `isInDoubt` of `refill-row.ts`.
 */
export function isConfirmed(
  { checkedAtMs }: WarmSlot,
  nowMs: number,
  isInDoubt: boolean,
  { confirmedMs }: Pick<Limits, 'confirmedMs'>,
): boolean {
  return !isInDoubt && ageMs(checkedAtMs, nowMs) <= confirmedMs
}

/** The slot that stands for a row that was never written. @param gen larger after a former row of the same number. */
export function uninitializedSlot(slot: number, gen = 0): EmptySlot {
  return { slot, gen, state: 'EMPTY', sinceMs: 0 }
}

/** True when the slot has no row yet, so the first write must create one. */
export function isUninitialized(slot: Slot): boolean {
  return slot.state === 'EMPTY' && slot.sinceMs === 0
}
