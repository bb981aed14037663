import type { Exit, Progress } from '@warm-pods/core/api/contracts.ts'
import type { Leg } from './legs.ts'
import type { Held, Outage } from './phase.ts'

/** One kill (or death) and its recovery. All times are ms of the browser's clock, {@link nowMs}, unless marked ≈. */
export interface Recovery {
  /** Epoch of the pod that died. */
  readonly epoch: number
  readonly outage: Outage
  /** The session with the pod that took over. */
  readonly to: Held
  /** They add up to {@link totalMs}. */
  readonly legs: readonly Leg[]
  /** From the click to the first pong of the next pod, ms. */
  readonly totalMs: number
  /** From the last pong of the old pod to the first of the new. */
  readonly downMs: number | undefined
  /** Pings that were due in between and never answered; undefined for an interrupted kill, which did not count them. */
  readonly lost: number | undefined
  readonly pongMs: number
  /** ≈ How long Kubernetes took to heal the Job, ms of the cluster's clock. Comes later, or never. */
  readonly healMs: number | undefined
  /** The cluster's report of the pod that healed the Job. */
  readonly healSteps?: Progress | undefined
  /** The end of the killed pod, as Kubernetes reported it. Comes later, or never. */
  readonly exit?: Exit | undefined
  /** ≈ From the click until the pool was at its target again, ms. */
  readonly poolRecoveredMs: number | undefined
}
