import type { Progress, Routed } from '@warm-pods/core/api/contracts.ts'
import { planSession, uidNotToGive } from '@warm-pods/core/planner/plan-session.ts'
import {
  awaitedPod,
  type ClusterView,
  type PodPath,
  type PodView,
  routedOf,
  servingPod,
} from '@warm-pods/core/state/cluster-view.ts'
import type { SessionRow } from '@warm-pods/core/state/session.ts'
import { toIsoTime } from '@warm-pods/core/time.ts'
import { pathOf } from '../gateway/path-checks.ts'
import type { Services } from '../services.ts'
import { activate } from './activate.ts'

/**
 * Reads the progress of a waiting session's pod from the cluster. A Ready pod
 * that the gateway reaches is given to the session at once. Errors of
 * DynamoDB and Kubernetes pass through.
 * @throws ApiError no_session, unavailable.
 */
export async function pollPod(
  services: Services,
  row: SessionRow,
): Promise<{ row: SessionRow; progress?: Progress; routed?: Routed }> {
  const cluster = await services.cluster()
  const view = await withPath(services, row, await cluster.inspect(row.job))
  const [step] = planSession(row, view, services.now(), services.limits)
  if (step?.do === 'activate') return { row: await activate(services, step) }
  const reported = awaitedPod(view.pods, row)
  const routed = reported ? routedOf(reported) : services.gateway && { at: null }
  return {
    row,
    progress: reported?.progress ?? notYet(view.jobs[0]?.createdAtMs, row),
    ...(routed ? { routed } : {}),
  }
}

/** The cluster with the path of the Ready pod that the session would get. The handshake takes at most 1.5 s. */
async function withPath(
  { gateway, limits, now }: Services,
  row: SessionRow,
  { jobs, pods }: ClusterView,
): Promise<ClusterView> {
  if (!gateway) return { jobs, pods }
  const next = servingPod(pods, row.job, uidNotToGive(row, now(), limits))
  const handshake = next?.ready ? await gateway.recent(next.pod.ip) : undefined
  const pathOfView = (view: PodView): PodPath =>
    view === next && handshake ? pathOf(handshake, handshake.atMs) : { state: 'unchecked' }
  return { jobs, pods: pods.map((view) => ({ ...view, path: pathOfView(view) })) }
}

/** The progress before there is a pod: the Job may exist, or its controller may be in its back-off. */
function notYet(jobCreatedAtMs: number | undefined, row: SessionRow): Progress {
  const created = row.state === 'starting' && jobCreatedAtMs !== undefined ? toIsoTime(jobCreatedAtMs) : null
  return [
    { step: 'created', at: created },
    { step: 'scheduled', at: null },
    { step: 'started', at: null },
    { step: 'ready', at: null },
  ]
}
