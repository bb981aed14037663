import type { ErrorBody, Pool } from '@warm-pods/core/api/contracts.ts'
import { messageWithCauses } from '@warm-pods/functions/lib/error-causes.ts'
import { fetchText } from '../../http/fetch-text.ts'

/** The part of `GET /pool` that `npm start` displays. */
export interface PoolStatus {
  /** Pods that are warm or claimed. */
  readonly warm: number
  readonly target: number
  /** When refill last ran, milliseconds since 1970. Older rows may name pods of an earlier instance. */
  readonly seenMs: number
  /** Why the pool is not full, as the API reports it. */
  readonly problem?: string
  /** True when a pod is Ready and the gateway does not reach it. */
  readonly unreached?: true
}

/** Reads the status from `GET /api/pool`. While the API does not answer, the problem states why. Never throws. */
export async function fetchPoolStatus(site: string, signal: AbortSignal): Promise<PoolStatus> {
  try {
    const { text } = await fetchText(`${site}/api/pool`, {
      signal: AbortSignal.any([signal, AbortSignal.timeout(5_000)]),
    })
    // Our own API, so the body has the shape of a contract. API Gateway's own errors have only a message.
    const body = JSON.parse(text) as Pool | ErrorBody | { message: string }
    if ('slots' in body) return poolStatus(body)
    const message = 'error' in body ? body.error.message : body.message
    return { ...NOTHING, problem: message }
  } catch (error) {
    return { ...NOTHING, problem: `GET /api/pool failed: ${messageWithCauses(error)}` }
  }
}

/** The status without an answer of the pool. */
const NOTHING = { warm: 0, target: 0, seenMs: 0 } as const

/** Claimed slots count as warm: their pods were warm before a visitor claimed them. */
export function poolStatus({ slots, target, refill }: Pick<Pool, 'slots' | 'target' | 'refill'>): PoolStatus {
  const warm = slots.filter(({ state }) => state === 'warm' || state === 'claimed').length
  const problem = slots.find((slot) => slot.problem)?.problem ?? refill.problem
  const seenMs = refill.lastRunAt === null ? 0 : Date.parse(refill.lastRunAt)
  const isUnreached = slots.some(({ routed }) => routed?.problem !== undefined)
  return {
    warm,
    target,
    seenMs,
    ...(problem === undefined ? {} : { problem }),
    ...(isUnreached ? { unreached: true } : {}),
  }
}
