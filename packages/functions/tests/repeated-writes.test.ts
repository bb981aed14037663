/** Writes whose answer is lost, so that the SDK repeats them, and reads that DynamoDB does not finish. */
import { LIMITS } from '@warm-pods/core/limits.ts'
import { describe, expect, it } from 'vitest'
import type { DocumentClient } from '../src/store/client.ts'
import { RateLimitStore } from '../src/store/rate-limits.ts'
import { LeaseContended, RefillStore } from '../src/store/refill-state.ts'
import { SessionStore } from '../src/store/sessions.ts'
import { StatsStore } from '../src/store/stats.ts'
import { type TestTables, testTables } from './_tables.ts'

const NOW = Date.UTC(2026, 8, 21, 14, 13)

/** The client of a network that loses the first answer to each update: every update arrives twice. */
function losingAnswers({ db }: TestTables): DocumentClient {
  const send = async (command: Parameters<DocumentClient['send']>[0]) => {
    if (command.constructor.name === 'UpdateCommand') await db.send(command).catch(() => undefined)
    return db.send(command)
  }
  return { send } as unknown as DocumentClient
}

describe('a write that counts and arrives twice', () => {
  it('counts a claim and a recovery of an address once each', async () => {
    await using tables = await testTables()
    const store = new RateLimitStore(losingAnswers(tables), tables.pool, LIMITS)
    await store.recordRequest('198.51.100.1', 'a', 'claim', NOW)
    await store.recordRequest('198.51.100.1', 'a', 'recover', NOW)
    const { claims, live, recoveries } = await store.recordRequest('198.51.100.1', 'b', 'claim', NOW)
    expect([claims, recoveries, live]).toEqual([2, 1, 2])
  })

  it('refunds a claim once', async () => {
    await using tables = await testTables()
    const store = new RateLimitStore(losingAnswers(tables), tables.pool, LIMITS)
    await store.recordRequest('198.51.100.1', 'a', 'claim', NOW)
    await store.recordRequest('198.51.100.1', 'b', 'claim', NOW)
    const { visitor } = await store.recordRequest('198.51.100.1', 'c', 'claim', NOW)
    await store.refundRequest(visitor, NOW)
    expect(await store.recordRequest('198.51.100.1', 'd', 'claim', NOW)).toMatchObject({ claims: 3 })
  })

  it('counts an event of the statistics once', async () => {
    await using tables = await testTables()
    const store = new StatsStore(losingAnswers(tables), tables.pool)
    await store.count('warm', NOW)
    await store.count('warm', NOW)
    await store.measure('start', 1_000, NOW)
    const { last24h } = await store.summary(NOW, { target: 4, gaps: [] })
    expect([last24h.warm, last24h.start.n]).toEqual([2, 1])
  })
})

describe('a loop over answers of DynamoDB', () => {
  /** Records the pauses instead of waiting. */
  function recordedPace() {
    const pausesMs: number[] = []
    return { pausesMs, pace: { random: () => 0, sleep: async (ms: number) => void pausesMs.push(ms) } }
  }

  it('reads unprocessed keys again after growing pauses, and ends with an error', async () => {
    const { pace, pausesMs } = recordedPace()
    let calls = 0
    const send = async () => {
      calls++
      return { Responses: {}, UnprocessedKeys: { Sessions: { Keys: [{ sessionId: 'a', item: 'session' }] } } }
    }
    const store = new SessionStore({ send } as unknown as DocumentClient, 'Sessions', 1, pace)
    await expect(store.getMany(['a'])).rejects.toThrow(
      'BatchGetItem left 1 keys unprocessed 5 times in a row',
    )
    expect(calls).toBe(5)
    expect(pausesMs).toEqual([50, 100, 200, 400])
  })

  it('tries the lease again after growing pauses, and ends with an error', async () => {
    const { pace, pausesMs } = recordedPace()
    const refused = Object.assign(new Error('refused'), { name: 'ConditionalCheckFailedException' })
    const { ConditionalCheckFailedException } = await import('@aws-sdk/client-dynamodb')
    Object.setPrototypeOf(refused, ConditionalCheckFailedException.prototype)
    const send = () => Promise.reject(refused)
    const store = new RefillStore({ send } as unknown as DocumentClient, 'Pool', pace)
    await expect(store.acquireLease('a', NOW, 5_000)).rejects.toThrow(LeaseContended)
    expect(pausesMs).toEqual([1, 2, 4, 8, 16, 32, 64, 128])
  })
})
