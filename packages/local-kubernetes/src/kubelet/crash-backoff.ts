/**
 * How long a kubelet waits before it restarts a crashed container: not at all the first time, then 10 s, 20 s … 300 s.
 * After ten minutes without a crash it begins again.
 */

const MAX_FACTOR = 30
const FORGIVEN_AFTER_FACTOR = 60

export interface CrashBackoff {
  started(): void
  /** Records a crash and returns the milliseconds to wait. */
  crashed(): number
}

/** @param baseMs the first delay above zero: 10,000 in a real cluster. */
export function createCrashBackoff(baseMs: number): CrashBackoff {
  let crashes = 0
  let startedAt = performance.now()
  return {
    started() {
      startedAt = performance.now()
    },
    crashed() {
      if (performance.now() - startedAt > baseMs * FORGIVEN_AFTER_FACTOR) crashes = 0
      crashes += 1
      return crashes === 1 ? 0 : baseMs * Math.min(2 ** (crashes - 2), MAX_FACTOR)
    },
  }
}

/** Formats ms as Go prints a duration: `10s`, `1m20s`, `400ms`. */
export function goDuration(ms: number): string {
  if (ms < 1000) return `${Math.round(ms)}ms`
  const seconds = Math.round(ms / 1000)
  return seconds < 60 ? `${seconds}s` : `${Math.floor(seconds / 60)}m${seconds % 60}s`
}
