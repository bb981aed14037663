import type { ErrorBody, Pool } from '@warm-pods/core/api/contracts.ts'

/** The pool as far as the starter tells of it. */
export interface PoolGlance {
  readonly warm: number
  readonly target: number
  /** When refill last looked, milliseconds since 1970: what an earlier run of the system left says nothing about now. */
  readonly seenMs: number
  /** Why it is not whole, in the pool's own words. */
  readonly problem?: string
}

/** Asks the API for the pool, as the page does. @returns undefined while nobody answers. */
export async function glanceAtPool(site: string, signal: AbortSignal): Promise<PoolGlance | undefined> {
  try {
    const answer = await fetch(`${site}/api/pool`, {
      signal: AbortSignal.any([signal, AbortSignal.timeout(5_000)]),
    })
    // Our own API, whose answers have the shapes of the contracts; API Gateway's own errors have a message only.
    const body = (await answer.json()) as Pool | ErrorBody | { message: string }
    if ('slots' in body) return glance(body)
    const message = 'error' in body ? body.error.message : body.message
    return { warm: 0, target: 0, seenMs: 0, problem: message }
  } catch {
    return undefined
  }
}

/** Claimed slots count: their pods were warm, and somebody has them already. */
export function glance({ slots, target, refill }: Pick<Pool, 'slots' | 'target' | 'refill'>): PoolGlance {
  const warm = slots.filter(({ state }) => state === 'warm' || state === 'claimed').length
  const problem = slots.find((slot) => slot.problem)?.problem ?? refill.problem
  const seenMs = refill.lastRunAt === null ? 0 : Date.parse(refill.lastRunAt)
  return { warm, target, seenMs, ...(problem === undefined ? {} : { problem }) }
}
