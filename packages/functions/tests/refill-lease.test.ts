import type { UpdateCommand } from '@aws-sdk/lib-dynamodb'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { RefillStore } from '../src/store/refill-state.ts'
import { testSystem, warmSystem } from './_system.ts'
import { type TestTables, testTables } from './_tables.ts'

describe('the watch of refill', () => {
  const LEASE_MS = 5_000
  const NOW = 1_790_000_000_000
  let tables: TestTables
  beforeAll(async () => {
    tables = await testTables()
  })
  afterAll(async () => {
    await tables[Symbol.asyncDispose]()
  })
  /** A store whose row nobody has touched. */
  const fresh = async () => {
    const store = new RefillStore(tables.db, tables.pool)
    for (const runner of ['a', 'b']) {
      await store.watch(runner, NOW + 1_000_000, 0)
      await store.leave(runner, undefined)
    }
    return store
  }

  it('is taken by one run at a time, and renewed by it', async () => {
    const store = await fresh()
    expect(await store.watch('a', NOW, LEASE_MS)).toBeTypeOf('number')
    expect(await store.watch('b', NOW, LEASE_MS)).toBeUndefined()
    expect(await store.watch('a', NOW + LEASE_MS - 1, LEASE_MS)).toBeTypeOf('number')
    expect(await store.watch('b', NOW + LEASE_MS + 1, LEASE_MS)).toBeUndefined()
    await store.leave('a', undefined)
    expect(await store.watch('b', NOW + LEASE_MS + 1, LEASE_MS)).toBeTypeOf('number')
    await store.leave('b', undefined)
  })

  it('cannot be left by one who has not seen what another wanted', async () => {
    const store = await fresh()
    const before = await store.watch('a', NOW, LEASE_MS)
    await store.watch('b', NOW, LEASE_MS)
    expect(await store.leave('a', before)).toBe(false)
    const after = await store.watch('a', NOW, LEASE_MS)
    expect(after).toBeGreaterThan(before ?? 0)
    expect(await store.leave('a', after)).toBe(true)
  })

  it('goes to whoever finds it taken and then left: what they came for is not lost between the two', async () => {
    const store = await fresh()
    const wanted = await store.watch('a', NOW, LEASE_MS)
    let writes = 0
    // The other gives the watch back between b's attempt to take it and b's word that there is work.
    const send = async (command: UpdateCommand) => {
      if (++writes === 2) expect(await store.leave('a', wanted)).toBe(true)
      return tables.db.send(command)
    }
    const other = new RefillStore({ send } as unknown as TestTables['db'], tables.pool)
    expect(await other.watch('b', NOW, LEASE_MS)).toBeTypeOf('number')
    expect(await store.watch('c', NOW, LEASE_MS)).toBeUndefined()
    await store.leave('b', undefined)
  })

  it('passes on from a run that died when its lease is over, and is not given back by the dead', async () => {
    const store = await fresh()
    const before = await store.watch('a', NOW, LEASE_MS)
    expect(await store.watch('b', NOW + LEASE_MS + 1, LEASE_MS)).toBeTypeOf('number')
    expect(await store.leave('a', before)).toBe(false)
    expect(await store.watch('c', NOW + LEASE_MS + 2, LEASE_MS)).toBeUndefined()
    await store.leave('b', undefined)
  })

  it('counts every wish of a crowd', async () => {
    const store = await fresh()
    const before = (await store.watch('a', NOW, LEASE_MS)) ?? 0
    await Promise.all(Array.from({ length: 10 }, (_, i) => store.watch(`w${i}`, NOW, LEASE_MS)))
    expect(await store.watch('a', NOW, LEASE_MS)).toBe(before + 10)
    await store.leave('a', undefined)
  })
})

describe('runs of refill that come together', () => {
  it('make one Job for each slot between them', async () => {
    await using system = await testSystem()
    await Promise.all(Array.from({ length: 5 }, () => system.refill()))
    expect((await system.pool()).slots.map((s) => s.state)).toEqual(['warm', 'warm', 'warm', 'warm'])
    expect(system.cluster.created).toBe(4)
  })

  it.each([1, 2, 3, 4, 5])(
    'lose no claim that came while one looked around for the %ith time',
    async (nth) => {
      await using system = await testSystem()
      const visitor = await system.visitor()
      const { list } = system.cluster
      let looks = 0
      let second: Promise<unknown> | undefined
      system.cluster.list = async () => {
        const seen = await list.apply(system.cluster)
        // After the look, so that the run that looked does not know: only the wake can tell.
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
    },
  )

  it('leave the work to the one that has the watch, which does it', async () => {
    await using system = await warmSystem()
    const visitor = await system.visitor()
    const { list } = system.cluster
    let looks = 0
    system.cluster.list = async () => {
      const seen = await list.apply(system.cluster)
      // All was well when the first one looked. A claim comes meanwhile, and the run that it wakes leaves at once.
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

  it('leave the watch free when they could not even look', async () => {
    await using system = await warmSystem()
    system.cluster.outage = Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' })
    await expect(system.refill()).rejects.toThrow('ECONNREFUSED')
    expect(await system.services.refill.watch('next', system.services.now(), 5_000)).toBeTypeOf('number')
  })

  it('leave the watch free behind them', async () => {
    await using system = await warmSystem()
    await Promise.all([system.refill(), system.refill()])
    expect(await system.services.refill.watch('next', system.services.now(), 5_000)).toBeTypeOf('number')
  })

  it('end when their time is up, say that something is still on its way, and leave the watch free', async () => {
    await using system = await testSystem()
    system.cluster.readyAtOnce = false
    const { waiting, passes } = await system.refill()
    expect(waiting).toBe(true)
    // Five seconds of looking again once a second, not a loop that spins.
    expect(passes).toBeLessThan(12)
    expect(await system.services.refill.watch('next', system.services.now(), 5_000)).toBeTypeOf('number')
  })
})
