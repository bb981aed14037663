/**
 * What refill does next. Pure and level-based: it reads what is, never the event that woke it, so running it twice
 * changes nothing more. The same function runs in the Lambda, in the property tests and in the page's simulator.
 */
import type { EndReason, Heal, Pod, Progress } from '../api/contracts.ts'
import type { Limits } from '../limits.ts'
import type {
  ClaimedSlot,
  EmptySlot,
  Kill,
  OldJob,
  SessionRow,
  Slot,
  Snapshot,
  StartingSlot,
  WarmSlot,
} from '../state/state.ts'
import { planSweep } from './plan-garbage-collection.ts'
import { planSession } from './plan-session.ts'
import { planSlots } from './plan-slots.ts'

export type RetireReason =
  | 'did not start in time'
  | 'its Job ended'
  | 'its pod is gone or not ready'
  | 'another specification is current'
  | 'older than a warm pod may be'
  | 'its claim lost to another'
  | 'more slots than the target'

/** What is told of a Job that healed. */
export type Healed = Pick<Heal, 'healMs' | 'progress'>

export type Step =
  /** Reserve the slot for a new Job, then create it. */
  | { do: 'reserve'; slot: EmptySlot }
  /** The reservation is there and its Job is not: create it, under the name that was reserved. */
  | { do: 'createJob'; slot: StartingSlot }
  | { do: 'markWarm'; slot: StartingSlot; pod: Pod }
  | { do: 'noteProgress'; slot: StartingSlot; progress: Progress; problem: string | undefined }
  | { do: 'confirmWarm'; slot: WarmSlot }
  /** A claim whose session row never came, or stayed behind: write it. */
  | { do: 'finishClaim'; slot: ClaimedSlot; session: SessionRow | undefined }
  /** The claim is complete: mirror it onto Job and pod, then empty the slot. */
  | { do: 'free'; slot: ClaimedSlot }
  /** Empty the slot, then delete its Job. */
  | { do: 'retire'; slot: Exclude<Slot, EmptySlot>; because: RetireReason; jobUid: string | undefined }
  | { do: 'createSessionJob'; session: SessionRow }
  /** `healed`: it stands in the place of a pod that was killed. */
  | { do: 'activate'; session: SessionRow; pod: Pod; healed?: Healed }
  | { do: 'killPod'; session: SessionRow; kill: Kill; podName: string; podUid: string }
  /** `jobGone`: judged by a list that lacks its Job; to be confirmed by asking for the Job itself. */
  | { do: 'end'; session: SessionRow; because: EndReason; jobGone?: true }
  | { do: 'recordHeal'; session: SessionRow; oldJob: OldJob; healed: Healed }
  /** Strike the Job from the session's row, then delete it. */
  | { do: 'dropJob'; session: SessionRow; oldJob: OldJob; jobUid: string | undefined }
  | { do: 'deleteJob'; session: SessionRow; job: string; jobUid: string }
  | { do: 'settle'; session: SessionRow }
  /** A Job, or a pod without a Job, that no row names. */
  | { do: 'sweepJob'; job: string; jobUid: string; resourceVersion: string; sessionId: string | undefined }
  | { do: 'sweepPod'; pod: string; podUid: string }

export interface PlanConfig {
  readonly limits: Limits
  /** Hash of the pod specification that is current. */
  readonly spec: string
}

/** The steps that bring the world nearer to: four WARM of the current spec, no row without a pod, no pod without a row. */
export function plan(snapshot: Snapshot, nowMs: number, config: PlanConfig): Step[] {
  return [
    ...snapshot.sessions.flatMap((session) => planSession(session, snapshot, nowMs, config.limits)),
    ...planSlots(snapshot, nowMs, config),
    ...planSweep(snapshot, nowMs, config.limits),
  ]
}

/** True while something is on its way that a run of refill should stay for. */
export function isWaiting(snapshot: Snapshot, nowMs: number, limits: Limits): boolean {
  // A first pause is sat out: whoever left now would leave the slot to the next tick. A longer one is not worth a run.
  const paused = snapshot.refill.pausedUntilMs - nowMs > limits.refillBackOffMs
  const slotsMove = Array.from({ length: limits.target }, (_, i) =>
    snapshot.slots.find((s) => s.slot === i),
  ).some((slot) => (slot === undefined || slot.state === 'EMPTY' ? !paused : slot.state !== 'WARM'))
  const sessionsMove = snapshot.sessions.some(
    (s) =>
      !s.settled && (s.state !== 'live' || s.oldJobs.length > 0 || (s.kill !== undefined && !s.kill.done)),
  )
  return slotsMove || sessionsMove
}
