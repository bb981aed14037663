import type { UpdateCommand } from '@aws-sdk/lib-dynamodb'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { RefillStore } from '../src/store/refill-state.ts'
import { testSystem, warmSystem } from './_system.ts'
import { type TestTables, testTables } from './_tables.ts'

describe('the lease of refill', () => {
  const LEASE_MS = 5_000
  const NOW = 1_790_000_000_000
  let tables: TestTables
  beforeAll(async () => {
    tables = await testTables()
  })
  afterAll(async () => {
    await tables[Symbol.asyncDispose]()
  })
  /** A store whose lease is free. */
  const fresh = async () => {
    const store = new RefillStore(tables.db, tables.pool)
    for (const holder of ['a', 'b']) {
      await store.acquireLease(holder, NOW + 1_000_000, 0)
      await store.releaseLease(holder, undefined)
    }
    return store
  }

  it('has one holder at a time, who renews it', async () => {
    const store = await fresh()
    expect(await store.acquireLease('a', NOW, LEASE_MS)).toBeDefined()
    expect(await store.acquireLease('b', NOW, LEASE_MS)).toBeUndefined()
    expect(await store.acquireLease('a', NOW + LEASE_MS - 1, LEASE_MS)).toBeDefined()
    expect(await store.acquireLease('b', NOW + LEASE_MS + 1, LEASE_MS)).toBeUndefined()
    await store.releaseLease('a', undefined)
    expect(await store.acquireLease('b', NOW + LEASE_MS + 1, LEASE_MS)).toBeDefined()
    await store.releaseLease('b', undefined)
  })

  it('cannot be released while a trigger is pending that the holder has not read', async () => {
    const store = await fresh()
    const before = await store.acquireLease('a', NOW, LEASE_MS)
    await store.acquireLease('b', NOW, LEASE_MS)
    expect(await store.releaseLease('a', before?.triggers)).toBe(false)
    const after = await store.acquireLease('a', NOW, LEASE_MS)
    expect(after?.triggers).toBeGreaterThan(before?.triggers ?? 0)
    expect(await store.releaseLease('a', after?.triggers)).toBe(true)
  })

  it('is taken over when the holder released it between the two writes of a trigger', async () => {
    const store = await fresh()
    const triggers = (await store.acquireLease('a', NOW, LEASE_MS))?.triggers
    let writes = 0
    // The holder releases the lease between b's attempt to acquire it and b's trigger.
    const send = async (command: UpdateCommand) => {
      if (++writes === 2) expect(await store.releaseLease('a', triggers)).toBe(true)
      return tables.db.send(command)
    }
    const other = new RefillStore({ send } as unknown as TestTables['db'], tables.pool)
    expect(await other.acquireLease('b', NOW, LEASE_MS)).toBeDefined()
    expect(await store.acquireLease('c', NOW, LEASE_MS)).toBeUndefined()
    await store.releaseLease('b', undefined)
  })

  it('passes on when it has expired, and the former holder cannot release it', async () => {
    const store = await fresh()
    const before = await store.acquireLease('a', NOW, LEASE_MS)
    expect(await store.acquireLease('b', NOW + LEASE_MS + 1, LEASE_MS)).toBeDefined()
    expect(await store.releaseLease('a', before?.triggers)).toBe(false)
    expect(await store.acquireLease('c', NOW + LEASE_MS + 2, LEASE_MS)).toBeUndefined()
    await store.releaseLease('b', undefined)
  })

  it('passes on when it ends hours ahead, because the holder’s clock was wrong', async () => {
    const store = await fresh()
    await store.acquireLease('a', NOW + 4 * 3_600_000, LEASE_MS)
    expect(await store.acquireLease('b', NOW, LEASE_MS)).toBeDefined()
    expect(await store.acquireLease('c', NOW, LEASE_MS)).toBeUndefined()
    await store.releaseLease('b', undefined)
  })

  it('shows how it was acquired: it was free, the own one, or expired', async () => {
    const store = await fresh()
    expect(await store.acquireLease('a', NOW, LEASE_MS)).toMatchObject({ outcome: 'acquired' })
    expect(await store.acquireLease('a', NOW, LEASE_MS)).toMatchObject({ outcome: 'renewed' })
    const later = NOW + LEASE_MS + 1
    expect(await store.acquireLease('b', later, LEASE_MS)).toMatchObject({ outcome: 'taken_over' })
    await store.releaseLease('b', undefined)
    expect(await store.acquireLease('c', NOW, LEASE_MS)).toMatchObject({ outcome: 'acquired' })
    await store.releaseLease('c', undefined)
  })

  it('counts concurrent triggers', async () => {
    const store = await fresh()
    const before = (await store.acquireLease('a', NOW, LEASE_MS))?.triggers ?? 0
    await Promise.all(Array.from({ length: 10 }, (_, i) => store.acquireLease(`w${i}`, NOW, LEASE_MS)))
    expect((await store.acquireLease('a', NOW, LEASE_MS))?.triggers).toBe(before + 10)
    await store.releaseLease('a', undefined)
  })
})

describe('concurrent invocations of refill', () => {
  it('create one Job for each slot', async () => {
    await using system = await testSystem()
    await Promise.all(Array.from({ length: 5 }, () => system.refill()))
    expect((await system.pool()).slots.map((s) => s.state)).toEqual(['warm', 'warm', 'warm', 'warm'])
    expect(system.cluster.created).toBe(4)
  })

  it.each([1, 2, 3, 4, 5])('lose no claim that arrives during snapshot number %i', async (nth) => {
    await using system = await testSystem()
    const visitor = await system.visitor()
    const { list } = system.cluster
    let looks = 0
    let second: Promise<unknown> | undefined
    system.cluster.list = async () => {
      const seen = await list.apply(system.cluster)
      // After the list was read, so that only the trigger can show the claim.
      if (++looks === nth) {
        await visitor.post('/session')
        second = system.refill()
        await second
      }
      return seen
    }
    await system.refill()
    await second
    if (second === undefined) await visitor.post('/session')
    system.cluster.list = list
    if (second === undefined) await system.refill()
    expect((await visitor.get('/session/:id')).body.state).toMatch(/live|starting/)
    expect((await system.pool()).slots.map((s) => s.state)).toEqual(['warm', 'warm', 'warm', 'warm'])
  })

  it('leave the work to the lease holder, which does it', async () => {
    await using system = await warmSystem()
    const visitor = await system.visitor()
    const { list } = system.cluster
    let looks = 0
    system.cluster.list = async () => {
      const seen = await list.apply(system.cluster)
      // The pool was whole in the first snapshot. Then a claim triggers a second invocation, which returns at once.
      if (++looks === 1) {
        await visitor.post('/session')
        expect(await system.refill()).toEqual({ passes: 0, steps: 0, waiting: true })
        expect((await system.pool()).slots.map((s) => s.state)).toContain('claimed')
      }
      return seen
    }
    await system.refill()
    expect((await system.pool()).slots.map((s) => s.state)).toEqual(['warm', 'warm', 'warm', 'warm'])
  })

  it('release the lease when they could not read', async () => {
    await using system = await warmSystem()
    system.cluster.outage = Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' })
    await expect(system.refill()).rejects.toThrow('ECONNREFUSED')
    expect(await system.services.refill.acquireLease('next', system.services.now(), 5_000)).toBeDefined()
  })

  it('release the lease when they are done', async () => {
    await using system = await warmSystem()
    await Promise.all([system.refill(), system.refill()])
    expect(await system.services.refill.acquireLease('next', system.services.now(), 5_000)).toBeDefined()
  })

  it('end when their time is up, report that changes are expected, and release the lease', async () => {
    await using system = await testSystem()
    system.cluster.readyAtOnce = false
    const { waiting, passes } = await system.refill()
    expect(waiting).toBe(true)
    // Five seconds with a pass each second, not a busy loop.
    expect(passes).toBeLessThan(12)
    expect(await system.services.refill.acquireLease('next', system.services.now(), 5_000)).toBeDefined()
  })
})
