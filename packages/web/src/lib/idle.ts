/** A page that has nothing to do within this long is given work all the same. */
const IDLE_MS = 10_000

/** Acts when the page has nothing else to do. Safari cannot tell; two seconds later is idle enough there. */
export function whenIdle(act: () => void): void {
  if ('requestIdleCallback' in window) requestIdleCallback(act, { timeout: IDLE_MS })
  else setTimeout(act, 2_000)
}
