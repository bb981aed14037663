/** Kubernetes Jobs and pods, reduced to the fields that refill reads. Times are ms since 1970 by the cluster's clock. */
import type { Pod, Progress } from '../api/contracts.ts'

export interface JobView {
  readonly name: string
  readonly uid: string
  readonly resourceVersion: string
  readonly createdAtMs: number
  readonly state: 'active' | 'complete' | 'failed' | 'deleting'
  /** The session that the Job's label names. Absent while no session has claimed the Job. */
  readonly sessionId?: string
}

export interface PodView {
  readonly job: string
  readonly pod: Pod
  readonly createdAtMs: number
  readonly phase: 'Pending' | 'Running' | 'Succeeded' | 'Failed' | 'Unknown'
  readonly ready: boolean
  readonly deleting: boolean
  readonly progress: Progress
  /** Whole seconds. */
  readonly readyAtMs?: number
  /** Whole seconds. */
  readonly diedAtMs?: number
  /** Why the pod does not start, in Kubernetes' own word: ImagePullBackOff, Unschedulable, … */
  readonly problem?: string
}

/** Jobs and pods, as one list request returned them. */
export interface ClusterView {
  readonly jobs: readonly JobView[]
  readonly pods: readonly PodView[]
}

/**
 * The pod of a Job that serves or will serve: Ready before not Ready, newest first. Pods that are being deleted or have
 * ended do not count.
 * @param notUid UID of a pod to leave out.
 */
export function servingPod(pods: readonly PodView[], job: string, notUid?: string): PodView | undefined {
  return pods
    .filter(
      (view) =>
        view.job === job &&
        !view.deleting &&
        view.pod.uid !== notUid &&
        view.phase !== 'Failed' &&
        view.phase !== 'Succeeded',
    )
    .sort((a, b) => Number(b.ready) - Number(a.ready) || b.createdAtMs - a.createdAtMs)[0]
}

/** The Job's newest pod that ended with an error. It explains a start that fails while no other pod stands in its place. */
export function crashedPod(pods: readonly PodView[], job: string): PodView | undefined {
  return pods
    .filter((view) => view.job === job && view.phase === 'Failed' && !view.deleting)
    .sort((a, b) => b.createdAtMs - a.createdAtMs)[0]
}
