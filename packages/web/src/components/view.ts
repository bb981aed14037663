import { type ReactNode, startTransition } from 'react'
import { createRoot, type Root } from 'react-dom/client'
import { FAILED_PART } from '../copy/first-paint.ts'
import { nowMs } from '../lib/clock.ts'
import type { View } from '../lib/mount-points.ts'

/** Failures that are further apart than this are not counted together, ms. */
const APART_MS = 60_000
const FIRST_PAUSE_MS = 500
const MOST_DOUBLINGS = 6

/**
 * Creates a React root that outlives an exception while drawing. React empties a root whose drawing throws, for example
 * when a translator or an extension has moved its nodes. The view then draws the same node anew: at once after the first
 * failure, with a doubled pause after each further one. The visit goes on meanwhile, because its state is outside React.
 * @param portals elements that the node also renders into.
 */
export function createView(container: Element, portals: readonly Element[]): View {
  let shown: ReactNode
  let failures = 0
  let failedMs = -APART_MS
  const open = () => {
    let failed = false
    const root = createRoot(container, {
      onUncaughtError(error) {
        console.error(error)
        // Emptying a changed DOM may throw a second time.
        if (failed) return
        failed = true
        current = undefined
        failures = nowMs() - failedMs < APART_MS ? failures + 1 : 0
        failedMs = nowMs()
        container.textContent = FAILED_PART.redrawn
        for (const portal of portals) portal.replaceChildren()
        setTimeout(
          () => {
            current = open()
            current.render(shown)
          },
          failures && FIRST_PAUSE_MS * 2 ** Math.min(failures, MOST_DOUBLINGS),
        )
      },
    })
    return root
  }
  let current: Root | undefined = open()
  return {
    render(node) {
      shown = node
      // In slices of a few ms, so that the first drawing does not block a slow phone.
      startTransition(() => current?.render(node))
    },
  }
}
