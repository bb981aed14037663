/**
 * The queue of every controller. A sync handles one key and reads its whole state. A key that is queued twice is
 * handled once. A key whose sync threw is retried with a back-off.
 */

import { timerDelay } from './timer-delay.ts'

export interface WorkQueue {
  /** Handles the key at the next turn of the event loop, or in `delayMs`. Of two calls, the earlier time wins. */
  add(key: string, delayMs?: number): void
  close(): void
}

const RETRY_BASE_MS = 1_000
const RETRY_MAX_MS = 60_000

/**
 * @param sync may throw. It is then called again after 1 s, 2 s, 4 s … 60 s, as by the rate limiter of the Job
 * controller.
 * @param retryBaseMs shortens the first delay for tests.
 */
export function createWorkQueue(sync: (key: string) => void, retryBaseMs = RETRY_BASE_MS): WorkQueue {
  const due = new Map<string, { at: number; cancel: () => void }>()
  const failures = new Map<string, number>()
  let closed = false

  function run(key: string): void {
    due.delete(key)
    try {
      sync(key)
      failures.delete(key)
    } catch {
      const failed = (failures.get(key) ?? 0) + 1
      failures.set(key, failed)
      add(key, Math.min(retryBaseMs * 2 ** (failed - 1), RETRY_MAX_MS))
    }
  }

  function add(key: string, delayMs = 0): void {
    if (closed) return
    const at = performance.now() + delayMs
    const waiting = due.get(key)
    if (waiting && waiting.at <= at) return
    waiting?.cancel()
    if (delayMs <= 0) {
      const immediate = setImmediate(run, key)
      due.set(key, { at, cancel: () => clearImmediate(immediate) })
    } else {
      const timer = setTimeout(run, timerDelay(delayMs), key)
      due.set(key, { at, cancel: () => clearTimeout(timer) })
    }
  }

  return {
    add,
    close() {
      closed = true
      for (const { cancel } of due.values()) cancel()
      due.clear()
    },
  }
}
