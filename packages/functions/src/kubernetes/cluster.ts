/**
 * The calls of Kubernetes that the product makes. The interface is narrow, so that a fake is small and the RBAC is exact.
 * Errors of the client pass through every call; `isOutage` and `failureOf` classify them.
 */
import type { JobView, PodView } from '@warm-pods/core/state/cluster-view.ts'

export interface NewJob {
  readonly name: string
  readonly key: string
  readonly labels: Readonly<Record<string, string>>
  readonly annotations?: Readonly<Record<string, string>>
}

export type CreateResult =
  | { result: 'created' }
  /** A Job of this name exists: an earlier try created it. */
  | { result: 'exists' }
  /** The ResourceQuota refuses another Job. */
  | { result: 'quota' }

/** What {@link Cluster.nextChange} has seen. */
export interface PodChanges {
  /** The Jobs whose pods have changed. */
  readonly jobs: readonly string[]
  /** The version to watch from next. Undefined when changes were missed, so that every pod must be read again. */
  readonly resourceVersion: string | undefined
}

export interface Cluster {
  createJob(job: NewJob): Promise<CreateResult>
  getJob(name: string): Promise<JobView | undefined>
  /** Returns every Job and pod of this app, and the resourceVersion for {@link nextChange}. */
  list(): Promise<{ jobs: JobView[]; pods: PodView[]; resourceVersion: string }>
  /** Returns one Job, if it exists, and its pods. */
  inspect(job: string): Promise<{ jobs: JobView[]; pods: PodView[] }>
  /** Returns the time of the SIGTERM by the cluster's clock, ms since 1970; undefined when the pod was already gone. */
  deletePod(name: string, uid: string, graceMs: number): Promise<{ diedAtMs: number } | undefined>
  /** Deletes a Job and its pods. Returns false when it was already gone or does not match the precondition. */
  deleteJob(name: string, precondition: { uid?: string; resourceVersion?: string }): Promise<boolean>
  /** Labels and annotates a Job and its pod. Ignores a missing one. */
  label(
    job: string,
    pod: string,
    labels: Readonly<Record<string, string>>,
    annotations?: Readonly<Record<string, string>>,
  ): Promise<void>
  /** Returns the resourceVersion of the pods now, for {@link nextChange}, at the same cost in every pool. */
  podsVersion(): Promise<string>
  /**
   * Resolves when pods of this app change after `resourceVersion`, after `timeoutMs`, or soon after `stop`. An error of the
   * API server counts as no change.
   * @param gatherMs how long to collect further changes after the first.
   */
  nextChange(
    resourceVersion: string,
    times: { readonly timeoutMs: number; readonly gatherMs: number },
    stop: AbortSignal,
  ): Promise<PodChanges>
  /**
   * Returns the status of the EKS cluster when it is not ACTIVE, such as `UPDATING`; undefined when it is ACTIVE, unknown or
   * not of EKS. At most a minute old. Never throws.
   */
  state(): Promise<string | undefined>
  /** Returns the version of the API server, such as `v1.36.3`. @param fresh ignores the cached version. */
  version(fresh?: boolean): Promise<string>
}
