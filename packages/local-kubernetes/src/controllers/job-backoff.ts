// The back-off that makes healing slow: after n failures without a success between them, the Job controller waits
// 10 s · 2^(n-1), at most 10 minutes, before it makes another pod (pkg/controller/job/backoff_utils.go).
// The real controller counts from times in whole seconds; this one from its own monotonic clock.

const MAX_FACTOR = 60

export type JobBackoff = {
  /** Takes note of pods that just failed or succeeded. */
  note(job: string, failed: number, succeeded: number): void
  /** Milliseconds to wait before the next pod of this Job; 0 when none. */
  remainingMs(job: string): number
  forget(job: string): void
}

/** `baseMs` is the first wait: 10,000 in a real cluster. */
export function createJobBackoff(baseMs: number): JobBackoff {
  const records = new Map<string, { failures: number; since: number }>()
  return {
    note(job, failed, succeeded) {
      if (succeeded > 0) records.delete(job)
      else if (failed > 0)
        records.set(job, { failures: (records.get(job)?.failures ?? 0) + failed, since: performance.now() })
    },
    remainingMs(job) {
      const record = records.get(job)
      if (!record) return 0
      const waitMs = baseMs * Math.min(2 ** (record.failures - 1), MAX_FACTOR)
      return Math.max(0, record.since + waitMs - performance.now())
    },
    forget: (job) => records.delete(job),
  }
}
