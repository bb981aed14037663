import type { Runtime } from '../lib/clock.ts'
import { isOutage } from './errors.ts'

/** Base delays before the retry. An API server that throttles asks for a second; a lost connection needs no wait. */
const DELAY_MS = { throttled: 1_000, otherwise: 100 }

/**
 * Returns a function that runs a call of the API server and retries it once after an outage (`isOutage`). It throws the
 * error of the retry.
 *
 * The retry is safe, because every call of the adapter is idempotent. Jobs are created by name, deletes carry a uid, and
 * labels are set to fixed values. It is needed, because an HTTP/2 server may send GOAWAY at any time, which fails the
 * requests in flight. The API server sends it after a 401, and at random to spread its clients.
 */
export function retryTransientWith({ random, sleep }: Pick<Runtime, 'random' | 'sleep'>) {
  return async function retryTransient<T>(call: () => Promise<T>): Promise<T> {
    try {
      return await call()
    } catch (error) {
      if (!isOutage(error)) throw error
      const isThrottled = error instanceof Error && 'code' in error && error.code === 429
      const baseMs = isThrottled ? DELAY_MS.throttled : DELAY_MS.otherwise
      await sleep(baseMs * (1 + random()))
      return call()
    }
  }
}
