/**
 * The longest delay of a timer: a signed 32-bit number of ms (`setTimeout` in the HTML standard).
 * Node turns a longer delay into 1 ms.
 */
const LONGEST_TIMER_MS = 2 ** 31 - 1

/**
 * Calls `callback` once at a wall-clock time, which may be months away. A time in the past calls it in the next turn of
 * the event loop.
 * @param atMs ms since 1970.
 * @returns a function that cancels the call.
 */
export function atWallClock(atMs: number, callback: () => void): () => void {
  let timer: NodeJS.Timeout
  const arm = (): void => {
    const leftMs = atMs - Date.now()
    timer = leftMs <= 0 ? setTimeout(callback) : setTimeout(arm, Math.min(leftMs, LONGEST_TIMER_MS))
  }
  arm()
  return () => clearTimeout(timer)
}
