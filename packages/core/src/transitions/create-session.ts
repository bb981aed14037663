import type { Receipt } from '../api/contracts.ts'
import type { Limits } from '../limits.ts'
import type { SessionRow } from '../state/session.ts'
import type { WarmSlot } from '../state/slot.ts'

/** The visitor that a new session belongs to. */
export interface NewSession {
  readonly sessionId: string
  /** The rotating hash of the visitor's address. */
  readonly visitor: string
  readonly receipt: Receipt
  /** The API's request that creates the session. */
  readonly requestId?: string
}

/** A new session that is live on a warm slot's pod. */
export function createWarmSession(
  given: NewSession,
  { job, key, pod }: Pick<WarmSlot, 'job' | 'key' | 'pod'>,
  nowMs: number,
  limits: Limits,
): SessionRow {
  return { ...newSession(given, nowMs, limits), state: 'live', source: 'warm', job, key, pod }
}

/** A new session that waits for a Job of its own. */
export function createColdSession(
  given: NewSession,
  { job, key }: { readonly job: string; readonly key: string },
  nowMs: number,
  limits: Limits,
): SessionRow {
  return { ...newSession(given, nowMs, limits), state: 'starting', source: 'cold', job, key }
}

function newSession(given: NewSession, nowMs: number, limits: Limits) {
  const { receipt, requestId, sessionId, visitor } = given
  return {
    sessionId,
    visitor,
    receipt,
    ...(requestId === undefined ? {} : { requestId }),
    version: 1,
    epoch: 1,
    createdAtMs: nowMs,
    epochAtMs: nowMs,
    seenAtMs: nowMs,
    connectedEpoch: 0,
    leaseEndsAtMs: nowMs + limits.leaseMs,
    endsAtMs: nowMs + limits.lifetimeMs,
    previousJobs: [],
    heals: [],
    finalized: false,
  }
}
