/** What the product asks of Kubernetes: as narrow as its use, so that a fake is small and the RBAC is exact. */
import type { JobView, PodView } from '@warm-pods/core/state/cluster-view.ts'

export interface NewJob {
  readonly name: string
  readonly key: string
  readonly labels: Readonly<Record<string, string>>
}

export type CreateResult =
  | { result: 'created' }
  /** The name is taken: an earlier try got through. */
  | { result: 'exists' }
  /** The ResourceQuota refuses another Job. */
  | { result: 'quota'; message: string }

export interface Cluster {
  createJob(job: NewJob): Promise<CreateResult>
  getJob(name: string): Promise<JobView | undefined>
  /** Every Job and pod of ours, and the resourceVersion of the pods to wait from. */
  list(): Promise<{ jobs: JobView[]; pods: PodView[]; resourceVersion: string }>
  /** One Job with its pods. */
  inspect(job: string): Promise<{ jobs: JobView[]; pods: PodView[] }>
  /** @returns when the pod dies by the cluster's clock, ms since 1970; undefined when it was gone already. */
  deletePod(name: string, uid: string, graceMs: number): Promise<{ diedAtMs: number } | undefined>
  /** Deletes a Job and its pods. @returns false when it was gone, or is another than was meant. */
  deleteJob(name: string, precondition: { uid?: string; resourceVersion?: string }): Promise<boolean>
  /** Mirrors a claim onto the Job and its pod; what is gone needs no label. */
  label(job: string, pod: string, labels: Readonly<Record<string, string>>): Promise<void>
  /**
   * Resolves when a pod of ours changes after `resourceVersion`, or after the time given, the API server's troubles
   * included, or soon after `stop`.
   */
  nextChange(resourceVersion: string, timeoutMs: number, stop: AbortSignal): Promise<void>
  /** @param fresh ask now, whatever is known. */
  version(fresh?: boolean): Promise<string>
}
