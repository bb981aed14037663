/**
 * A kill: the visitor's request to end the pod of one epoch. It goes through three states.
 *
 * - `requested`: the session had no pod yet. The kill applies to the first pod that comes.
 * - `sent`: the kill names one pod. The API server has not accepted the delete, or none is needed: a crash is
 *   requested over the visitor's own WebSocket.
 * - `done`: the API server has accepted the delete.
 */

import type { HowToDie } from '../api/contracts.ts'
import type { Limits } from '../limits.ts'
import { ageMs } from '../time.ts'
import { type PodView, servingPod } from './cluster-view.ts'

interface KillBase {
  /** The epoch whose pod is killed. */
  readonly epoch: number
  readonly how: HowToDie
  /** When the API recorded the request, wall-clock ms since 1970. */
  readonly atMs: number
}
export interface RequestedKill extends KillBase {
  readonly state: 'requested'
}
export interface SentKill extends KillBase {
  readonly state: 'sent'
  readonly podUid: string
}
export interface DoneKill extends KillBase {
  readonly state: 'done'
  readonly podUid: string
  /** When the pod died by the cluster's clock, ms since 1970. Absent when the pod was gone before the delete. */
  readonly diedAtMs?: number
}
export type Kill = RequestedKill | SentKill | DoneKill

/** The fields of a session that decide about its kills. */
export interface Killable {
  readonly job: string
  readonly epoch: number
  readonly epochAtMs: number
  readonly pod?: { readonly uid: string }
  readonly kill?: Kill
  readonly previousPodUid?: string
  readonly previousJobs: readonly { readonly epoch: number; readonly kill?: Kill }[]
}

/** True when the pod that the session holds is killed, or the pod that it waits for will be. */
export function isKilled({ epoch, kill, pod }: Killable): boolean {
  return kill !== undefined && kill.epoch === epoch && killedPodUid(kill) === pod?.uid
}

/** The kill of an epoch that the session still records: on the session itself, or on a Job that it has left. */
export function killOf({ kill, previousJobs }: Killable, epoch: number): Kill | undefined {
  return kill?.epoch === epoch ? kill : previousJobs.find((previous) => previous.epoch === epoch)?.kill
}

/** UID of the pod that the kill names; undefined while the session has no pod. */
export function killedPodUid(kill: Kill): string | undefined {
  return kill.state === 'requested' ? undefined : kill.podUid
}

/**
 * The pod that refill has to delete for the session's kill. It is the pod that the kill names, or the first pod of a
 * session that had none. A crash gets `lostGraceMs` to take effect over the WebSocket; after that the pod is deleted instead.
 */
export function podToKill(
  session: Killable,
  pods: readonly PodView[],
  nowMs: number,
  limits: Limits,
): PodView | undefined {
  const { kill } = session
  switch (kill?.state) {
    case undefined:
    case 'done':
      return undefined
    case 'requested':
      return servingPod(pods, session.job, session.previousPodUid)
    case 'sent': {
      const mayStillCrash = kill.how === 'crash' && ageMs(kill.atMs, nowMs) <= limits.lostGraceMs
      if (mayStillCrash) return undefined
      return pods.find((view) => view.pod.uid === kill.podUid && !view.deleting && view.phase !== 'Failed')
    }
    default:
      return kill satisfies never
  }
}

/**
 * True while a kill of the pod just left may still arrive. The page fails over as soon as its socket closes, so its
 * kill request can reach the API after the fail-over.
 */
export function mayStillBeKilled(
  session: Killable,
  previous: { readonly epoch: number; readonly kill?: Kill },
  nowMs: number,
  limits: Limits,
): boolean {
  const isLatest = previous.epoch === session.epoch - 1
  return !previous.kill && isLatest && ageMs(session.epochAtMs, nowMs) <= limits.lostGraceMs
}
