/** Writes whose answer is lost, so that the SDK repeats them. */
import { LIMITS } from '@warm-pods/core/limits.ts'
import { describe, expect, it } from 'vitest'
import type { DocumentClient } from '../src/store/client.ts'
import { RateLimitStore } from '../src/store/rate-limits.ts'
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
    const { last24h } = await store.summary(NOW, 4)
    expect([last24h.warm, last24h.start.n]).toEqual([2, 1])
  })
})
