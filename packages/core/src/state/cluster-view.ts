/** Kubernetes Jobs and pods, reduced to the fields that refill reads. Times are ms since 1970 by the cluster's clock. */
import type { Exit, Pod, Progress, Routed } from '../api/contracts.ts'
import { toIsoTime } from '../time.ts'

export interface JobView {
  readonly name: string
  readonly uid: string
  readonly resourceVersion: string
  readonly createdAtMs: number
  readonly state: 'active' | 'complete' | 'failed' | 'deleting'
  /** The session that the Job's label names. Absent while no session has claimed the Job. */
  readonly sessionId?: string
}

/**
 * The visitors' way to a pod, as a handshake through the gateway has found it. `unchecked`: no handshake has ended yet, or too few
 * have failed. `no_answer`: the gateway works and does not reach the pod. `gateway_down`: the gateway itself does not work, so
 * nothing is known of the pod. `problem` is a sentence without a full stop.
 */
export type PodPath =
  | {
      readonly state: 'unchecked'
      /** A handshake is under way or due. */
      readonly isPending?: true
    }
  | {
      readonly state: 'reached'
      /** By the clock of the process that made the handshake, ms since 1970. */
      readonly atMs: number
      /** From the first handshake with the Ready pod to this one, ms; undefined when no single process made both. */
      readonly tookMs?: number
    }
  | {
      readonly state: 'no_answer' | 'gateway_down'
      readonly problem: string
      /** How long every handshake has ended with `no_answer`, ms; undefined when only one was made. */
      readonly unreachedMs?: number
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
  /** Absent until Kubernetes reports the end of the container. */
  readonly exit?: Exit
  /** Why the pod does not start, in Kubernetes' own word: ImagePullBackOff, Unschedulable, … */
  readonly problem?: string
  /** Absent when the functions know no gateway, so that a Ready pod counts as reachable. */
  readonly path?: PodPath
}

/** Jobs and pods, as one list request returned them. */
export interface ClusterView {
  readonly jobs: readonly JobView[]
  readonly pods: readonly PodView[]
}

/** True for a pod that visitors can reach, as far as that can be checked. Only such a pod may become warm. */
export function isReached({ path }: PodView): boolean {
  return path === undefined || path.state === 'reached'
}

/** The last step of a pod start: the way through the gateway. undefined where that is not checked. */
export function routedOf({ path }: PodView): Routed | undefined {
  if (path === undefined) return undefined
  const at = path.state === 'reached' ? toIsoTime(path.atMs) : null
  return { at, ...('problem' in path ? { problem: path.problem } : {}) }
}

/** Why a pod does not start or cannot be reached. */
export function problemOf({ path, problem }: PodView): string | undefined {
  return problem ?? (path && 'problem' in path ? path.problem : undefined)
}

/** True for a pod that is not being deleted and has not ended. It may serve a session, or become Ready to serve it. */
export function isAlive({ deleting, phase }: PodView): boolean {
  return !deleting && phase !== 'Failed' && phase !== 'Succeeded'
}

/**
 * The pod of a Job that serves or will serve: Ready before not Ready, newest first. Pods that are being deleted or have
 * ended do not count.
 * @param notUid UID of a pod to leave out.
 */
export function servingPod(pods: readonly PodView[], job: string, notUid?: string): PodView | undefined {
  return pods
    .filter((view) => view.job === job && view.pod.uid !== notUid && isAlive(view))
    .sort((a, b) => Number(b.ready) - Number(a.ready) || b.createdAtMs - a.createdAtMs)[0]
}

/** The Job's newest pod that ended with an error. It explains a start that fails while no other pod stands in its place. */
export function crashedPod(pods: readonly PodView[], job: string): PodView | undefined {
  return pods
    .filter((view) => view.job === job && view.phase === 'Failed' && !view.deleting)
    .sort((a, b) => b.createdAtMs - a.createdAtMs)[0]
}

/**
 * The pod that explains the wait of a session: the pod that will serve it, else a pod that crashed before it was Ready. A
 * pod that the visitor killed does not explain it.
 */
export function awaitedPod(
  pods: readonly PodView[],
  {
    job,
    previousPodUid,
    state,
  }: { readonly job: string; readonly previousPodUid?: string; readonly state: string },
): PodView | undefined {
  const crashed = state === 'starting' ? crashedPod(pods, job) : undefined
  return servingPod(pods, job, previousPodUid) ?? crashed
}
