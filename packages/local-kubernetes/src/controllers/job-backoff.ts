/**
 * The Job controller's back-off. After n failures in a row it waits 10 s · 2^(n-1), at most 10 minutes, before it
 * creates another pod (pkg/controller/job/backoff_utils.go). The real controller computes with times in whole seconds,
 * this one with its monotonic clock.
 */

const MAX_FACTOR = 60

export interface JobBackoff {
  /** Records pods that just failed or succeeded. */
  record(job: string, failed: number, succeeded: number): void
  /** Returns the milliseconds to wait before the next pod of this Job; 0 without a back-off. */
  remainingMs(job: string): number
  forget(job: string): void
}

/** @param baseMs the first delay: 10,000 in a real cluster. */
export function createJobBackoff(baseMs: number): JobBackoff {
  const records = new Map<string, { failures: number; since: number }>()
  return {
    record(job, failed, succeeded) {
      if (succeeded > 0) records.delete(job)
      else if (failed > 0)
        records.set(job, { failures: (records.get(job)?.failures ?? 0) + failed, since: performance.now() })
    },
    remainingMs(job) {
      const entry = records.get(job)
      if (!entry) return 0
      const waitMs = baseMs * Math.min(2 ** (entry.failures - 1), MAX_FACTOR)
      return Math.max(0, entry.since + waitMs - performance.now())
    },
    forget: (job) => records.delete(job),
  }
}
