/** One thing that refill does. The planner returns steps; functions and the simulator execute them. */
import type { EndReason, Pod, Progress, Routed } from '../api/contracts.ts'
import type { Limits } from '../limits.ts'
import type { Kill } from '../state/kill-state.ts'
import type { Healed, PreviousJob, SessionRow } from '../state/session.ts'
import type { ClaimedSlot, EmptySlot, FilledSlot, StartingSlot, WarmSlot } from '../state/slot.ts'
import type { CheckedPath } from '../transitions/fill-slot.ts'

/** The configuration of a plan. */
export interface PlanConfig {
  readonly limits: Limits
  /** Hash of the current pod specification. */
  readonly spec: string
}

/** Why refill takes a slot's Job away. */
export type RetireReason =
  | 'start_timed_out'
  | 'job_ended'
  | 'pod_not_ready'
  /** The gateway works, and has not reached the Ready pod for `unreachedMs`. */
  | 'pod_unreached'
  | 'spec_outdated'
  | 'max_age_exceeded'
  | 'claim_superseded'
  | 'beyond_target'

export type Step =
  /** Reserve the slot for a new Job, then create the Job. */
  | { do: 'reserve'; slot: EmptySlot }
  /** The slot is reserved but its Job does not exist: create the Job under the reserved name. */
  | { do: 'createJob'; slot: StartingSlot }
  | ({ do: 'markWarm'; slot: StartingSlot; pod: Pod } & CheckedPath)
  | {
      do: 'noteProgress'
      slot: StartingSlot
      progress: Progress
      routed: Routed | undefined
      problem: string | undefined
    }
  /** `reachedAtMs`: when the gateway reached the pod, if that was due. */
  | { do: 'confirmWarm'; slot: WarmSlot; reachedAtMs?: number }
  /** The slot is claimed, but the session row was never written or never moved on: write it. */
  | { do: 'completeClaim'; slot: ClaimedSlot; session: SessionRow | undefined }
  /** The claim is complete: mirror it onto Job and pod, then empty the slot. `claimMs`: the time of the claim, for the statistics. */
  | { do: 'free'; slot: ClaimedSlot; claimMs?: number }
  /** Empty the slot, then delete its Job. `problem`: why the pool must replace a pod that Kubernetes reports Ready. */
  | { do: 'retire'; slot: FilledSlot; because: RetireReason; jobUid: string | undefined; problem?: string }
  | { do: 'createSessionJob'; session: SessionRow }
  /** Give a Ready pod to the session that waits for it. `healed` is set when the pod replaces a killed one. */
  | { do: 'activate'; session: SessionRow; pod: Pod; healed?: Healed }
  | { do: 'killPod'; session: SessionRow; kill: Kill; podName: string; podUid: string }
  /** `jobGone`: the list lacked the session's Job. The executor must read the Job itself before it ends the session. */
  | { do: 'end'; session: SessionRow; because: EndReason; jobGone?: true }
  | { do: 'recordHeal'; session: SessionRow; previousJob: PreviousJob; healed: Healed }
  /** Remove the Job from the session's row, then delete the Job. */
  | { do: 'dropJob'; session: SessionRow; previousJob: PreviousJob; jobUid: string | undefined }
  | { do: 'deleteJob'; session: SessionRow; job: string; jobUid: string }
  | { do: 'finalize'; session: SessionRow }
  /** A Job that no row names. */
  | {
      do: 'deleteOrphanJob'
      job: string
      jobUid: string
      resourceVersion: string
      sessionId: string | undefined
    }
  /** A pod whose Job is gone and that no row names. */
  | { do: 'deleteOrphanPod'; pod: string; podUid: string }

export type StepName = Step['do']

/** Every {@link StepName}, in the order of {@link Step}. */
export const STEP_NAMES = Object.keys({
  reserve: true,
  createJob: true,
  markWarm: true,
  noteProgress: true,
  confirmWarm: true,
  completeClaim: true,
  free: true,
  retire: true,
  createSessionJob: true,
  activate: true,
  killPod: true,
  end: true,
  recordHeal: true,
  dropJob: true,
  deleteJob: true,
  finalize: true,
  deleteOrphanJob: true,
  deleteOrphanPod: true,
} satisfies Record<StepName, true>) as readonly StepName[]
