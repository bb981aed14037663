export interface Bucket {
  /**
   * Takes one token. Returns false, and takes none, when the bucket holds less than one.
   * @param nowMs monotonic clock, ms.
   */
  take(nowMs: number): boolean
}

/**
 * A token bucket. It starts full.
 * @param perSecond tokens added each second.
 * @param burst the most tokens it holds.
 * @param startMs monotonic clock, ms; the same clock as in {@link Bucket.take}.
 */
export function createBucket(perSecond: number, burst: number, startMs: number): Bucket {
  let tokens = burst
  let lastMs = startMs
  return {
    take(nowMs) {
      tokens = Math.min(burst, tokens + ((nowMs - lastMs) * perSecond) / 1_000)
      lastMs = nowMs
      if (tokens < 1) return false
      tokens -= 1
      return true
    },
  }
}
