export interface Bucket {
  /** Takes one token; false when there is none. @param nowMs a monotonic clock. */
  take(nowMs: number): boolean
}

/** A token bucket: `perSecond` sustained, `burst` at once. It starts full. */
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
