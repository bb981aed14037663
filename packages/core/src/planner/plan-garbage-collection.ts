import type { Limits } from '../limits.ts'
import type { Snapshot } from '../state/state.ts'
import type { Step } from './plan.ts'

/**
 * Jobs that no row names, and pods without a Job: leftovers of a crash between two writes, of a wiped table, or of a
 * person with kubectl. Only what is older than any start may take, so a Job whose row is being written is safe; a
 * claimed pod is safe because a claim is mirrored onto its Job before the slot forgets it.
 */
export function planSweep(snapshot: Snapshot, nowMs: number, limits: Limits): Step[] {
  const named = new Set([
    ...snapshot.slots.flatMap((slot) => (slot.state === 'EMPTY' ? [] : [slot.job])),
    ...snapshot.sessions.flatMap((s) => (s.settled ? [] : [s.job, ...s.oldJobs.map((old) => old.job)])),
  ])
  const jobs = snapshot.jobs
    .filter(
      (job) =>
        !named.has(job.name) && job.state !== 'deleting' && nowMs - job.createdAtMs > limits.orphanGraceMs,
    )
    .map(
      (job): Step => ({
        do: 'sweepJob',
        job: job.name,
        jobUid: job.uid,
        resourceVersion: job.resourceVersion,
        sessionId: job.sessionId,
      }),
    )
  const known = new Set(snapshot.jobs.map((job) => job.name))
  const pods = snapshot.pods
    .filter(
      (p) =>
        !known.has(p.job) && !named.has(p.job) && !p.deleting && nowMs - p.createdAtMs > limits.orphanGraceMs,
    )
    .map((p): Step => ({ do: 'sweepPod', pod: p.pod.name, podUid: p.pod.uid }))
  return [...jobs, ...pods]
}
