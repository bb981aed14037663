import { LIMITS } from '@warm-pods/core/limits.ts'
import { nowMs } from '../lib/clock.ts'
import type { Probe } from '../probe/probe.ts'
import type { PoolPoller } from './pool-poller.ts'
import type { VisitStore } from './visit.ts'

/**
 * Dispatches the browser's events to a visit: visible or hidden, online or offline, left and restored. Returns the undo.
 *
 * On `pagehide` the page closes the socket, because an open socket bars it from the back/forward cache. It keeps the
 * session: the event cannot tell a reload from leaving, and releasing the pod at each reload would use up a warm pod.
 * A pod without a socket ends itself after {@link LIMITS.socketIdleMs}, also when its claim never got a socket. A tab that
 * is hidden for {@link LIMITS.hiddenMs} releases its pod.
 * @param askedMs time of the request for the first pod, if it was sent already; ms of the page's clock.
 */
export function bindBrowserLifecycle(
  visit: VisitStore,
  probe: Probe,
  pool: PoolPoller,
  askedMs = nowMs(),
): () => void {
  const controller = new AbortController()
  const { signal } = controller
  let hiddenTimer: ReturnType<typeof setTimeout> | undefined
  let hiddenSinceMs: number | undefined

  const look = (atMs = nowMs()) => {
    const visible =
      document.visibilityState === 'visible' && !('prerendering' in document && document.prerendering)
    pool.setVisible(visible)
    probe.draw(visible ? 250 : null)
    clearTimeout(hiddenTimer)
    if (!visible) {
      hiddenSinceMs ??= nowMs()
      hiddenTimer = setTimeout(() => visit.dispatch({ type: 'hidden-long' }), LIMITS.hiddenMs)
      return
    }
    // A frozen tab runs no timers, so the clock decides whether the timer would have fired.
    if (hiddenSinceMs !== undefined && nowMs() - hiddenSinceMs >= LIMITS.hiddenMs)
      visit.dispatch({ type: 'hidden-long' })
    hiddenSinceMs = undefined
    visit.dispatch({ type: 'seen', atMs })
  }

  document.addEventListener('visibilitychange', () => look(), { signal })
  document.addEventListener('prerenderingchange', () => look(), { signal })
  addEventListener('pagehide', () => visit.dispatch({ type: 'left' }), { signal })
  addEventListener('pageshow', (event) => event.persisted && look(), { signal })
  addEventListener('offline', () => visit.dispatch({ type: 'offline', atMs: nowMs() }), { signal })
  addEventListener('online', () => visit.dispatch({ type: 'online', atMs: nowMs() }), { signal })
  look(askedMs)

  return () => {
    controller.abort()
    clearTimeout(hiddenTimer)
  }
}
