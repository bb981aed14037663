import type { Snapshot } from '@warm-pods/core/state/state.ts'
import type { Services } from '../services.ts'

/**
 * The world as it is: slots and sessions strongly consistent, Jobs and pods from the API server. The index of live
 * sessions may lag, so every session that a slot or a Job names is read too: a claim that the index does not show yet
 * cannot be taken for an orphan.
 */
export async function takeSnapshot(services: Services): Promise<Snapshot & { resourceVersion: string }> {
  const cluster = await services.cluster()
  const [{ slots, refill }, ids] = await Promise.all([
    services.slots.read(),
    services.sessions.unsettledIds(),
  ])
  // Jobs after rows: a Job that a row names must be in the list if it exists, not the other way round.
  const { jobs, pods, resourceVersion } = await cluster.list()
  const named = [
    ...slots.flatMap((slot) => (slot.state === 'CLAIMED' ? [slot.sessionId] : [])),
    ...jobs.flatMap((job) => (job.sessionId ? [job.sessionId] : [])),
  ]
  const sessions = await services.sessions.getMany([...ids, ...named])
  return {
    slots,
    sessions,
    jobs,
    pods,
    resourceVersion,
    refill: {
      lastRunAtMs: refill.lastRunAt,
      failures: refill.failures,
      pausedUntilMs: refill.pausedUntil,
      live: refill.live,
      ...(refill.problem ? { problem: refill.problem } : {}),
    },
  }
}
