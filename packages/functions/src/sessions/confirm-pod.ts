import { ApiError } from '@warm-pods/core/api/errors.ts'
import { type ClusterView, isAlive } from '@warm-pods/core/state/cluster-view.ts'
import { isKilled } from '@warm-pods/core/state/kill-state.ts'
import type { SessionRow } from '@warm-pods/core/state/session.ts'
import { sessionWork } from '@warm-pods/core/state/work.ts'
import type { Services } from '../services.ts'
import type { Caller } from './caller.ts'
import { recover } from './recover.ts'

/**
 * Confirms the recorded pod of a live session before a caller gets its address. A pod from before the last doubt may be gone: pods
 * end with `npm start`, and rows stay. Kubernetes is then asked, and the session of a lost pod fails over, as its page would ask for.
 * Errors of DynamoDB and Kubernetes pass through.
 * @param doubtedAtMs when the last doubt was reported, ms since 1970; 0 when none was.
 * @throws ApiError no_session, unavailable.
 */
export async function confirmPod(
  services: Services,
  caller: Caller,
  row: SessionRow,
  doubtedAtMs: number,
): Promise<SessionRow> {
  const { epoch, job, pod } = row
  if (row.state !== 'live' || !pod || isKilled(row) || doubtedAtMs <= row.epochAtMs) return row
  const cluster = await services.cluster()
  const view = await cluster.inspect(job)
  if (runs(pod.uid, view)) return row
  // A pod without a socket ends itself, which completes its Job. It is not lost: refill ends its session as idle.
  if (view.jobs.some(({ name, state }) => name === job && state === 'complete')) {
    await services.invokeRefill([sessionWork(row.sessionId)])
    return row
  }
  try {
    return await recover(services, caller, { epoch, how: 'failover' })
  } catch (error) {
    // The caller asked for no recovery, so its other errors mean nothing to the caller. A later request tries again.
    if (error instanceof ApiError && error.code !== 'no_session') throw new ApiError('unavailable')
    throw error
  }
}

/** A pod that is not Ready may become Ready again, so its session keeps it. */
function runs(uid: string, { pods }: ClusterView): boolean {
  return pods.some((view) => view.pod.uid === uid && isAlive(view))
}
