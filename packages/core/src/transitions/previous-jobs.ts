import type { Healed, PreviousJob, SessionRow } from '../state/session.ts'

/** The Job that the session leaves when it moves on to another one, with the kill that ended its epoch, if any. */
export function toPreviousJob({ job, epoch, pod, kill }: SessionRow): PreviousJob {
  return {
    job,
    epoch,
    ...(pod ? { pod: { name: pod.name, uid: pod.uid } } : {}),
    ...(kill?.epoch === epoch ? { kill } : {}),
  }
}

/** The session without this previous Job. */
export function dropPreviousJob(session: SessionRow, { job }: PreviousJob): SessionRow {
  return { ...session, previousJobs: session.previousJobs.filter((previous) => previous.job !== job) }
}

/**
 * Records how long a killed previous Job took to heal.
 * @returns undefined when the Job was not killed.
 */
export function recordHeal(
  session: SessionRow,
  { epoch, kill }: PreviousJob,
  healed: Healed,
): SessionRow | undefined {
  if (!kill) return undefined
  return { ...session, heals: [...session.heals, { epoch, how: kill.how, ...healed }] }
}
