/**
 * A visitor's session, as its row records it. Times are wall-clock milliseconds since 1970, taken by the process that
 * wrote the row. Code compares them with limits of seconds and minutes and never measures with them.
 */
import type { EndReason, Heal, Pod, Receipt, Source } from '../api/contracts.ts'
import type { Kill } from './kill-state.ts'

/**
 * A Job that a session has left. The Job of a killed pod is kept until its replacement is Ready, so that the healing
 * can be timed. Then refill deletes it.
 */
export interface PreviousJob {
  readonly job: string
  readonly epoch: number
  readonly kill?: Kill
  /** The Job's pod, so that a late kill can still reach it. Absent when there was none. */
  readonly pod?: Pick<Pod, 'name' | 'uid'>
}

export interface SessionRow {
  readonly sessionId: string
  /** Grows with every write. Each write names the version that it read. */
  readonly version: number
  readonly state: 'starting' | 'live' | 'recovering' | 'ended'
  readonly epoch: number
  readonly source: Source
  readonly job: string
  /** The HMAC key of the Job. Empty once the session has ended, because no token is signed after that. */
  readonly key: string
  readonly pod?: Pod
  readonly createdAtMs: number
  /** When the session got its present pod, or began to wait for one. */
  readonly epochAtMs: number
  /** The page's last request: a claim, a recovery, a report or an extension. Refill never moves it forward to now. */
  readonly seenAtMs: number
  /** The last epoch whose first pong the page reported. */
  readonly connectedEpoch: number
  /** When the page reported that first pong. A repeated audit row uses this time. */
  readonly connectedAtMs?: number
  /** When the last recovery replaced a pod. A repeated audit row uses this time. */
  readonly replacedAtMs?: number
  readonly leaseEndsAtMs: number
  readonly endsAtMs: number
  readonly kill?: Kill
  readonly lastKillAtMs?: number
  /** While the session's Job heals: UID of the pod that the session has left. That pod is not its own replacement. */
  readonly previousPodUid?: string
  readonly previousJobs: readonly PreviousJob[]
  readonly heals: readonly Heal[]
  readonly receipt: Receipt
  /** The rotating hash of the visitor's address. The rate limit counts the session there until it ends. */
  readonly visitor: string
  /** The API's request that gave the session its present Job. Absent in rows of earlier releases. */
  readonly requestId?: string
  readonly endReason?: EndReason
  readonly endedAtMs?: number
  /** True once the session has ended and has no Job left. */
  readonly finalized: boolean
}

/** How long a killed Job took to heal, the replacement pod's own steps, and the exit of the killed pod. */
export type Healed = Pick<Heal, 'healMs' | 'progress' | 'exit'>

/** The Job that the session uses now, and its previous Jobs that are not yet deleted. */
export function jobsNamedBy({ job, previousJobs }: SessionRow): string[] {
  return [job, ...previousJobs.map((previous) => previous.job)]
}

/** True when the session uses this Job now, or has left it and not yet deleted it. */
export function namesJob({ job, previousJobs }: SessionRow, name: string): boolean {
  return job === name || previousJobs.some((previous) => previous.job === name)
}

/** Returns how long the session's last claim took in the api Lambda; no time when refill completed the claim. */
export function claimTime({ receipt: { stages } }: Pick<SessionRow, 'receipt'>): { claimMs?: number } {
  return stages.length === 0 ? {} : { claimMs: stages.reduce((sum, { ms }) => sum + ms, 0) }
}
