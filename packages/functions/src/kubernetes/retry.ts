import type { Runtime } from '../lib/clock.ts'
import { isOutage } from './outage.ts'

/** The API server asks for a second when it throttles; a connection that died while a Lambda slept needs no wait. */
const PAUSE_MS = { throttled: 1_000, otherwise: 100 }

/**
 * Runs calls on the API server and, when one met an outage, once more. Safe for everything we ask: Jobs are created by
 * name, deletes name a uid, labels are set to what they are to be. The connection is HTTP/2, whose servers may say GOAWAY at
 * any time (an API server does after a 401, and by chance when it is told to spread its clients): what was on its way fails.
 * The function it returns throws what the second try met.
 */
export function steadily({ random, sleep }: Pick<Runtime, 'random' | 'sleep'>) {
  return async function retryTransient<T>(call: () => Promise<T>): Promise<T> {
    try {
      return await call()
    } catch (error) {
      if (!isOutage(error)) throw error
      const throttled = error instanceof Error && 'code' in error && error.code === 429
      const baseMs = throttled ? PAUSE_MS.throttled : PAUSE_MS.otherwise
      await sleep(baseMs * (1 + random()))
      return call()
    }
  }
}
