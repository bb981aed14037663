import type { Progress } from '@warm-pods/core/api/contracts.ts'
import type { Leg } from './legs.ts'
import type { Held, Outage } from './phase.ts'

/** The receipt of one recovery. All durations in ms of the browser's clock unless said. */
export interface Recovery {
  /** Epoch of the pod that died. */
  readonly epoch: number
  readonly outage: Outage
  /** The session with the pod that took over. */
  readonly to: Held
  /** They add up to {@link totalMs}. */
  readonly legs: readonly Leg[]
  /** From the click to the first pong of the next pod. */
  readonly totalMs: number
  /** From the last pong of the old pod to the first of the new. */
  readonly downMs: number | undefined
  /** Pings due in between that were never answered. */
  readonly lost: number
  readonly pongMs: number
  /** ≈: how long Kubernetes took to heal the Job, by the cluster's clock. Known later, or never. */
  readonly healMs: number | undefined
  /** What the cluster reported of the pod that healed the Job, with {@link healMs}. */
  readonly healSteps?: Progress
  /** ≈: from the click until four warm pods stood again. */
  readonly poolRecoveredMs: number | undefined
}
