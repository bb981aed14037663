import { LIMITS } from '@warm-pods/core/limits.ts'
import { nowMs } from '../lib/clock.ts'
import type { Probe } from '../probe/probe.ts'
import type { PoolPoller } from './pool-poller.ts'
import type { VisitStore } from './visit.ts'

/**
 * Ties a visit to the browser around it: seen or hidden, online or not, put away and brought back. Returns the undo.
 *
 * On `pagehide` the socket is closed (an open one bars the page from the back/forward cache) but the session is kept:
 * that event cannot tell a reload from leaving, and a reload that gave its pod back would use up a warm one each time.
 * Nothing leaks for long: a pod whose session has had no socket for a minute ends itself, and so does a claim nobody
 * connects to. A tab that is hidden for two minutes does give its pod back.
 */
export function bindBrowserLifecycle(visit: VisitStore, probe: Probe, pool: PoolPoller): () => void {
  const controller = new AbortController()
  const { signal } = controller
  let hiddenTimer: ReturnType<typeof setTimeout> | undefined
  let hiddenSinceMs: number | undefined

  const look = () => {
    const visible =
      document.visibilityState === 'visible' && !('prerendering' in document && document.prerendering)
    pool.look(visible)
    probe.draw(visible ? 250 : null)
    clearTimeout(hiddenTimer)
    if (!visible) {
      hiddenSinceMs ??= nowMs()
      hiddenTimer = setTimeout(() => visit.dispatch({ type: 'hidden-long' }), LIMITS.hiddenMs)
      return
    }
    // A frozen tab runs no timers: judge by the clock what its timer should have done.
    if (hiddenSinceMs !== undefined && nowMs() - hiddenSinceMs >= LIMITS.hiddenMs)
      visit.dispatch({ type: 'hidden-long' })
    hiddenSinceMs = undefined
    visit.dispatch({ type: 'seen', atMs: nowMs() })
  }

  document.addEventListener('visibilitychange', look, { signal })
  document.addEventListener('prerenderingchange', look, { signal })
  addEventListener('pagehide', () => visit.dispatch({ type: 'left' }), { signal })
  addEventListener('pageshow', (event) => event.persisted && look(), { signal })
  addEventListener('offline', () => visit.dispatch({ type: 'offline', atMs: nowMs() }), { signal })
  addEventListener('online', () => visit.dispatch({ type: 'online', atMs: nowMs() }), { signal })
  look()

  return () => {
    controller.abort()
    clearTimeout(hiddenTimer)
  }
}
