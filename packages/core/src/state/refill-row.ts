/** The one row that records what refill does. All fields have defaults: without a row, refill has never run. */
export interface RefillRow {
  /** Wall-clock ms since 1970; absent before the first pass. */
  readonly lastRunAtMs?: number
  /** Failed passes in a row. */
  readonly failures: number
  readonly problem?: string
  /** Refill creates no new Jobs before this, ms since 1970: back-off after failures, or the owner's pause. */
  readonly pausedUntilMs: number
  /** Sessions that had not ended at the last pass. */
  readonly live: number
  /** Version of the Kubernetes API server at the last pass. */
  readonly version?: string
  /** Status of the EKS cluster at the last pass, when it was not ACTIVE. */
  readonly clusterState?: string
  /** Triggers so far that found the lease taken. */
  readonly pendingTriggers: number
}
