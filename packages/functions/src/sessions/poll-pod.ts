import type { Progress } from '@warm-pods/core/api/contracts.ts'
import { planSession } from '@warm-pods/core/planner/plan-session.ts'
import { crashedPod, type SessionRow, servingPod } from '@warm-pods/core/state/state.ts'
import { toIsoTime } from '@warm-pods/core/time.ts'
import type { Services } from '../services.ts'
import { activate } from './activate.ts'

/** Asks the cluster how far the pod of a waiting session is, and hands it over when it is Ready. */
export async function pollPod(
  services: Services,
  row: SessionRow,
): Promise<{ row: SessionRow; progress?: Progress }> {
  const cluster = await services.cluster()
  const { jobs, pods } = await cluster.inspect(row.job)
  const world = {
    slots: [],
    sessions: [row],
    jobs,
    pods,
    refill: { lastRunAtMs: undefined, failures: 0, pausedUntilMs: 0, live: 0 },
  }
  const [step] = planSession(row, world, services.now(), services.limits)
  if (step?.do === 'activate') return { row: await activate(services, step) }
  // A pod that died before it was ever Ready tells why; one that a visitor killed is no news to them.
  const crashed = row.state === 'starting' ? crashedPod(pods, row.job) : undefined
  const told = servingPod(pods, row.job, row.leftPodUid) ?? crashed
  return { row, progress: told?.progress ?? notYet(jobs[0]?.createdAtMs, row) }
}

/** No pod yet: the Job has been asked for, or its controller is waiting out its back-off. */
function notYet(jobCreatedAtMs: number | undefined, row: SessionRow): Progress {
  const created = row.state === 'starting' && jobCreatedAtMs !== undefined ? toIsoTime(jobCreatedAtMs) : null
  return [
    { step: 'created', at: created },
    { step: 'scheduled', at: null },
    { step: 'started', at: null },
    { step: 'ready', at: null },
  ]
}
