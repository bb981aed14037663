/** The longest a timer can wait: a signed 32-bit number of ms (HTML's `setTimeout`); Node makes a longer one 1 ms. */
const LONGEST_TIMER_MS = 2 ** 31 - 1

/** Calls back once at a wall-clock time in ms since 1970, however far off, or soon when it has passed. Returns its own undo. */
export function atWallClock(atMs: number, callback: () => void): () => void {
  let timer: NodeJS.Timeout
  const arm = (): void => {
    const leftMs = atMs - Date.now()
    timer = leftMs <= 0 ? setTimeout(callback) : setTimeout(arm, Math.min(leftMs, LONGEST_TIMER_MS))
  }
  arm()
  return () => clearTimeout(timer)
}
