import type { Runtime } from './clock.ts'

/** A sustained rate, and the calls that may come at once after a quiet time. */
export interface Rate {
  readonly perSecond: number
  readonly burst: number
}

/**
 * Returns a function that resolves when the caller may make its next call, first come first served. It keeps one time instead of a
 * bucket of tokens (the generic cell rate algorithm).
 */
export function limitRate(
  { burst, perSecond }: Rate,
  { monotonic, sleep }: Pick<Runtime, 'monotonic' | 'sleep'>,
): () => Promise<void> {
  const everyMs = 1_000 / perSecond
  /** When all calls so far are paid for at the sustained rate: monotonic ms. */
  let paidMs = Number.NEGATIVE_INFINITY
  return async () => {
    const nowMs = monotonic()
    paidMs = Math.max(paidMs, nowMs) + everyMs
    const waitMs = Math.ceil(paidMs - nowMs - burst * everyMs)
    if (waitMs > 0) await sleep(waitMs)
  }
}
