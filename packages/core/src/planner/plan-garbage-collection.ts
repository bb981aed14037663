import type { Limits } from '../limits.ts'
import type { Snapshot } from '../state/snapshot.ts'
import type { Step } from './step.ts'

/**
 * Deletes orphans: Jobs that no row names, and pods without a Job. They come from a crash between two writes, a wiped
 * table, or kubectl. Only objects older than `orphanGraceMs` are deleted, so a Job whose row is being written is safe. A
 * claimed pod is safe because refill mirrors the claim onto its Job before it empties the slot.
 */
export function planGarbageCollection(snapshot: Snapshot, nowMs: number, limits: Limits): Step[] {
  const named = new Set([
    ...snapshot.slots.flatMap((slot) => (slot.state === 'EMPTY' ? [] : [slot.job])),
    ...snapshot.sessions.flatMap(({ finalized, job, previousJobs }) =>
      finalized ? [] : [job, ...previousJobs.map((previous) => previous.job)],
    ),
  ])
  const jobs = snapshot.jobs
    .filter(
      (job) =>
        !named.has(job.name) && job.state !== 'deleting' && nowMs - job.createdAtMs > limits.orphanGraceMs,
    )
    .map(
      (job): Step => ({
        do: 'deleteOrphanJob',
        job: job.name,
        jobUid: job.uid,
        resourceVersion: job.resourceVersion,
        sessionId: job.sessionId,
      }),
    )
  const known = new Set(snapshot.jobs.map(({ name }) => name))
  const pods = snapshot.pods
    .filter(
      (view) =>
        !known.has(view.job) &&
        !named.has(view.job) &&
        !view.deleting &&
        nowMs - view.createdAtMs > limits.orphanGraceMs,
    )
    .map(({ pod }): Step => ({ do: 'deleteOrphanPod', pod: pod.name, podUid: pod.uid }))
  return [...jobs, ...pods]
}
