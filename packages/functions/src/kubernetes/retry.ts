import type { Runtime } from '../lib/clock.ts'
import { hasThrottled, isOutage, retryAfterMs } from './errors.ts'

/** Pause before the only retry after another outage than 429, such as a lost connection. Jitter doubles it at most. */
const OUTAGE_PAUSE_MS = 100
/** First pause after 429. It doubles with each further 429. Jitter adds at most as much again. */
const THROTTLED_PAUSE_MS = 500

/**
 * Returns a function that runs a call of the API server and retries it after an outage (`isOutage`).
 *
 * After 429 the call is repeated until `throttledMs` would be over. The pauses grow, and none is shorter than the server's
 * `Retry-After`. The API server throttles by its priority and fairness, and asks for whole seconds. Other outages are retried once.
 * https://kubernetes.io/docs/concepts/cluster-administration/flow-control/
 *
 * The retry is safe, because every call of the adapter is idempotent. Jobs are created by name, deletes carry a uid, and
 * labels are set to fixed values. It is needed, because an HTTP/2 server may send GOAWAY at any time, which fails the
 * requests in flight. The API server sends it after a 401, and at random to spread its clients.
 *
 * The function throws the error of the last try.
 */
export function retryTransientWith(
  { monotonic, now, random, sleep }: Pick<Runtime, 'monotonic' | 'now' | 'random' | 'sleep'>,
  { throttledMs }: { readonly throttledMs: number },
) {
  return async function retryTransient<T>(call: () => Promise<T>): Promise<T> {
    const startedMs = monotonic()
    let throttled = 0
    let hasRetriedOutage = false
    for (;;) {
      try {
        return await call()
      } catch (error) {
        if (!isOutage(error)) throw error
        if (hasThrottled(error)) {
          const ownMs = THROTTLED_PAUSE_MS * 2 ** throttled++
          const pauseMs = Math.max(ownMs, retryAfterMs(error, now()) ?? 0) + random() * ownMs
          if (monotonic() - startedMs + pauseMs > throttledMs) throw error
          await sleep(pauseMs)
          continue
        }
        if (hasRetriedOutage) throw error
        hasRetriedOutage = true
        await sleep(OUTAGE_PAUSE_MS * (1 + random()))
      }
    }
  }
}
