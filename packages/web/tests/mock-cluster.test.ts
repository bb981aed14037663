import { PoolSchema, type Session, SessionSchema } from '@warm-pods/core/api/contracts.ts'
import { LIMITS } from '@warm-pods/core/limits.ts'
import * as v from 'valibot'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { Call } from '../src/simulator/protocol.ts'
import { MockCluster } from './_mock-cluster.ts'

const session = 'a'.repeat(32)
let cluster: MockCluster

beforeEach(() => {
  vi.useFakeTimers({ now: Date.UTC(2026, 10, 28) })
  cluster = new MockCluster({ startMs: 500, backoffMs: 700 })
})
afterEach(() => {
  cluster.close()
  vi.useRealTimers()
})

function call(call: Call): Session {
  const answer = cluster.call(call)
  if (answer.is !== 'ok') throw new Error(`Expected an answer, got ${JSON.stringify(answer)}`)
  return v.parse(SessionSchema, answer.value)
}

describe(MockCluster, () => {
  it('fails over by the simulation’s rules, and answers by the API’s contract', () => {
    const claimed = call({ name: 'claim', session })
    call({ name: 'kill', session, how: 'polite', epoch: 1 })
    const next = call({ name: 'recover', session, body: { epoch: 1, how: 'failover' } })
    expect(next).toMatchObject({ epoch: 2, source: 'rescued' })
    expect(next.pod?.uid).not.toBe(claimed.pod?.uid)
    expect(cluster.podAt(claimed.pod?.ip ?? '')).toBeUndefined()
  })

  it('heals after the shortened back-off and the start, and reports the real back-off', () => {
    const claimed = call({ name: 'claim', session })
    cluster.die(claimed.pod?.uid ?? '', 'crash')
    call({ name: 'kill', session, how: 'crash', epoch: 1 })
    call({ name: 'recover', session, body: { epoch: 1, how: 'heal' } })
    vi.advanceTimersByTime(1_100)
    expect(call({ name: 'read', session }).state).toBe('recovering')
    vi.advanceTimersByTime(1_100)
    expect(call({ name: 'read', session })).toMatchObject({ state: 'live', heals: [{ healMs: 11_000 }] })
  })

  it('lets other visitors take every warm pod, and starting pods follow a change of the start time', () => {
    while (cluster.takeWarm()) {}
    cluster.options.startMs = 5_000_000
    expect(call({ name: 'claim', session }).state).toBe('starting')
    expect(cluster.sessions()).toHaveLength(1)
    cluster.options.startMs = 500
    vi.advanceTimersByTime(600)
    expect(call({ name: 'read', session }).state).toBe('live')
  })

  it('answers the pool with the forecast and the cluster of its options', () => {
    cluster.options.cluster = { name: 'x', region: 'y', version: null }
    const answer = cluster.call({ name: 'pool' })
    expect(answer).toMatchObject({ is: 'ok', value: { target: LIMITS.target, cluster: { name: 'x' } } })
    if (answer.is === 'ok') v.parse(PoolSchema, answer.value)
  })
})
