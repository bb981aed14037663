/**
 * The states of a slot and of a session, as they are recorded. Times are milliseconds since 1970, by the wall clock of
 * whoever wrote the row; they are compared with limits of seconds and minutes, never subtracted to make a measurement.
 */

import type { EndReason, Heal, HowToDie, Pod, Progress, Receipt, Source } from '../api/contracts.ts'
import type { Limits } from '../limits.ts'

interface SlotBase {
  readonly slot: number
  /** Grows by one whenever the slot is emptied; an old write never lands because every write names the gen it saw. */
  readonly gen: number
  readonly sinceMs: number
}

/** The Job that a slot has reserved. */
interface Reserved {
  readonly job: string
  /** The Job's own key: it signs the tokens for its pod. */
  readonly key: string
  /** Hash of the pod's specification: another one means a deploy has happened. */
  readonly spec: string
}

export interface EmptySlot extends SlotBase {
  readonly state: 'EMPTY'
}
export interface StartingSlot extends SlotBase, Reserved {
  readonly state: 'STARTING'
  readonly progress?: Progress
  readonly problem?: string
}
export interface WarmSlot extends SlotBase, Reserved {
  readonly state: 'WARM'
  readonly pod: Pod
  /** When refill last saw the pod Ready. */
  readonly checkedAtMs: number
  readonly startMs?: number
}
export interface ClaimedSlot extends SlotBase, Reserved {
  readonly state: 'CLAIMED'
  readonly pod: Pod
  readonly startMs?: number
  readonly sessionId: string
  readonly epoch: number
  readonly claimedAtMs: number
  /** The rotating hash of the visitor's address, should refill have to write the session. */
  readonly visitor?: string
}
export type Slot = EmptySlot | StartingSlot | WarmSlot | ClaimedSlot

/** A Job a session has left: one that was killed still heals, so that its recovery is timed; then it is deleted. */
export interface OldJob {
  readonly job: string
  readonly epoch: number
  readonly kill?: Kill
  /** The pod it had, so that a kill can still reach it; absent when there was none. */
  readonly pod?: Pick<Pod, 'name' | 'uid'>
}

export interface Kill {
  readonly epoch: number
  readonly how: HowToDie
  readonly atMs: number
  /** The pod that was killed, so that its replacement can be told from it; absent when it had no pod yet. */
  readonly podUid?: string
  /** False until the API server has accepted the delete (a crash needs none). */
  readonly done: boolean
  /** When the cluster says the pod died, by the cluster's clock, if it was still there to say so. */
  readonly diedAtMs?: number
}

export interface SessionRow {
  readonly sessionId: string
  /** Grows with every write; each write names the version it read. */
  readonly version: number
  readonly state: 'starting' | 'live' | 'recovering' | 'ended'
  readonly epoch: number
  readonly source: Source
  readonly job: string
  readonly key: string
  readonly pod?: Pod
  readonly createdAtMs: number
  /** When the present pod, or the wait for it, began. */
  readonly epochAtMs: number
  /** The last sign of the page itself: a claim, a recovery, a report, an extension. Refill never moves it. */
  readonly seenAtMs: number
  /** The last epoch whose first pong the page reported. */
  readonly connectedEpoch: number
  /** When it reported that, and when the last recovery replaced a pod: the audit's own times, should it be written again. */
  readonly connectedAtMs?: number
  readonly replacedAtMs?: number
  readonly leaseEndsAtMs: number
  readonly endsAtMs: number
  readonly kill?: Kill
  readonly lastKillAtMs?: number
  /** While its Job heals: the pod the session has left, which must not be taken for its replacement. */
  readonly leftPodUid?: string
  readonly oldJobs: readonly OldJob[]
  readonly heals: readonly Heal[]
  readonly receipt: Receipt
  /** The rotating hash of the visitor's address: to give their count back when the session ends. */
  readonly visitor: string
  readonly endReason?: EndReason
  readonly endedAtMs?: number
  /** True once an ended session has no Job left. */
  readonly settled: boolean
}

/** What refill needs of a Job. */
export interface JobView {
  readonly name: string
  readonly uid: string
  readonly resourceVersion: string
  readonly createdAtMs: number
  readonly state: 'active' | 'complete' | 'failed' | 'deleting'
  readonly spec: string
  readonly assigned: boolean
  readonly sessionId?: string
}

/** What refill needs of a pod. */
export interface PodView {
  readonly job: string
  readonly pod: Pod
  readonly createdAtMs: number
  readonly phase: 'Pending' | 'Running' | 'Succeeded' | 'Failed' | 'Unknown'
  readonly ready: boolean
  readonly deleting: boolean
  readonly assigned: boolean
  readonly progress: Progress
  /** By the cluster's clock, whole seconds. */
  readonly readyAtMs?: number
  readonly diedAtMs?: number
  /** Why it does not start, in Kubernetes' own word: ImagePullBackOff, Unschedulable, … */
  readonly problem?: string
}

export interface RefillRow {
  readonly lastRunAtMs: number | undefined
  readonly failures: number
  readonly problem?: string
  /** No new Jobs before this: back-off after failures, or the owner's pause switch. */
  readonly pausedUntilMs: number
  readonly live: number
}

/** The world as one run of refill sees it. */
export interface Snapshot {
  readonly slots: readonly Slot[]
  /** Sessions that are not settled, and every session that a slot or a Job names. */
  readonly sessions: readonly SessionRow[]
  readonly jobs: readonly JobView[]
  readonly pods: readonly PodView[]
  readonly refill: RefillRow
}

/** The pod of a Job that serves or will serve: Ready before not, newest first; the dying do not count. */
export function servingPod(pods: readonly PodView[], job: string, notUid?: string): PodView | undefined {
  return pods
    .filter(
      (p) =>
        p.job === job &&
        !p.deleting &&
        p.pod.uid !== notUid &&
        p.phase !== 'Failed' &&
        p.phase !== 'Succeeded',
    )
    .sort((a, b) => Number(b.ready) - Number(a.ready) || b.createdAtMs - a.createdAtMs)[0]
}

/** The last pod of a Job that ended with an error: while none stands in its place, why a start does not come about. */
export function crashedPod(pods: readonly PodView[], job: string): PodView | undefined {
  return pods
    .filter((p) => p.job === job && p.phase === 'Failed' && !p.deleting)
    .sort((a, b) => b.createdAtMs - a.createdAtMs)[0]
}

/** The slots a claim may try: WARM, and seen Ready lately enough to be believed. */
export function claimable(slots: readonly Slot[], nowMs: number, limits: Limits): WarmSlot[] {
  return slots.filter(
    (slot): slot is WarmSlot => slot.state === 'WARM' && nowMs - slot.checkedAtMs <= limits.warmStaleMs,
  )
}

/** True while a kill that was asked for stands: of the pod the session holds, or, asked for while starting, of the one to come. */
export function isKilled(row: SessionRow): boolean {
  return row.kill !== undefined && row.kill.epoch === row.epoch && row.kill.podUid === row.pod?.uid
}

/** What a session leaves behind when it moves on to another pod. */
export function toPreviousJob({ job, epoch, pod, kill }: SessionRow): OldJob {
  return {
    job,
    epoch,
    ...(pod ? { pod: { name: pod.name, uid: pod.uid } } : {}),
    // The kill that ended this epoch, if it was a kill that ended it.
    ...(kill?.epoch === epoch ? { kill } : {}),
  }
}
