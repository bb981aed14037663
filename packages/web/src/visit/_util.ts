import type { Session } from '@warm-pods/core/api/contracts.ts'
import type { Held, Reach } from './state/phase.ts'
import { reduce } from './state/reducer.ts'
import type { VisitEvent } from './state/visit-event.ts'
import { START, type Visit } from './state/visit-state.ts'

/** A session that holds the pod of an epoch. */
export function held(epoch = 1, part: Partial<Held> = {}): Held {
  return {
    ...waiting(epoch),
    state: 'live',
    pod: {
      name: `warm-0-${epoch}-abcde`,
      uid: `uid-${epoch}`,
      alias: `pod-${epoch}`,
      ip: '127.1.1.1',
      node: 'node-1',
      zone: 'us-east-2a',
      startedAt: '2026-11-23T12:00:00.000Z',
    },
    socket: { url: '/pod/127.1.1.1', protocols: ['warm-pods.v1', `token.${epoch}`] },
    ...part,
  }
}

/** A session without an address yet. */
export function waiting(epoch = 1, progress?: Session['progress']): Session {
  return {
    id: 'a'.repeat(32),
    state: epoch === 1 ? 'starting' : 'recovering',
    epoch,
    source: 'warm',
    ...(progress && { progress }),
    leaseEndsAt: '2026-11-23T12:05:00.000Z',
    endsAt: '2026-11-23T12:30:00.000Z',
    receipt: { outcome: 'warm', stages: [], candidates: 4, tries: 1, conflicts: 0 },
    heals: [],
  }
}

/** The API's refusal of a code. */
export function apiError(code: string, atMs = 0, retryAfterMs?: number): VisitEvent {
  const error = {
    code,
    message: `about ${code}`,
    requestId: 'r-7f3a',
    ...(retryAfterMs !== undefined && { retryAfterMs }),
  }
  return { type: 'api-error', error, atMs, random: 1, lastWorkedMs: undefined }
}

export const seen: VisitEvent = { type: 'seen', atMs: 0 }
export const pong = (atMs: number): VisitEvent => ({ type: 'pong', atMs, downMs: undefined, lost: 0 })
export const claimed = (epoch: number, atMs: number): VisitEvent => ({
  type: 'claimed',
  session: held(epoch),
  atMs,
})
export const kill = (
  atMs: number,
  how: 'polite' | 'crash' | 'freeze' = 'polite',
  recover: 'failover' | 'heal' = 'failover',
): VisitEvent => ({
  type: 'kill',
  how,
  recover,
  atMs,
})
export const dead = (atMs: number, code?: number): VisitEvent => ({
  type: 'dead',
  atMs,
  by: code === undefined ? 'terminating' : 'closed',
  code,
  random: 1,
})
/** The API's answer about the way to the pod. */
export const reach = (found: Reach, atMs: number): VisitEvent => ({
  type: 'reach',
  reach: found,
  atMs,
  random: 1,
  lastWorkedMs: undefined,
})
export const unopened = (atMs: number, code?: number): VisitEvent => ({
  type: 'unopened',
  atMs,
  code,
  random: 1,
  lastWorkedMs: undefined,
})

/** The visit after these events. */
export function after(...events: VisitEvent[]): Visit {
  return events.reduce(reduce, START)
}

/** A network that refuses WebSockets: the page recognises it at the end. */
export const CUT_AT_ONCE: VisitEvent[] = [
  seen,
  claimed(1, 50),
  unopened(60, 1006),
  { type: 'timer', atMs: 400 },
  reach('answers', 410),
  unopened(420, 1006),
  { type: 'timer', atMs: 1_000 },
  reach('answers', 1_010),
  unopened(1_020, 1006),
  { type: 'timer', atMs: 1_025 },
  reach('answers', 1_030),
  unopened(1_035, 1006),
  reach('answers', 1_040),
]

/** Claimed, connected and answering since 100 ms. */
export const LIVE: readonly VisitEvent[] = [seen, claimed(1, 50), pong(100)]
