/** A page that is not idle within this long runs the work all the same. */
const IDLE_MS = 10_000

/** Calls `act` when the page is idle. Safari has no idle callback, so it waits two seconds there. */
export function whenIdle(act: () => void): void {
  if ('requestIdleCallback' in window) requestIdleCallback(act, { timeout: IDLE_MS })
  else setTimeout(act, 2_000)
}
