import { describe, expect, it } from 'vitest'
import { testSystem, warmSystem } from './_system.ts'

const MINUTE = 60_000
const SIZED = { limits: { targetMax: 30, cap: 80 }, quota: 80 }

/** Counts at least three visitors a minute, and starts of 40 s. The first starts of the test took no time. */
async function rush({ services: { now, stats } }: Awaited<ReturnType<typeof testSystem>>): Promise<void> {
  for (let start = 0; start < 20; start++) await stats.measure('start', 40_000, now())
  for (let visitor = 0; visitor < 30; visitor++) await stats.count('warm', now())
}

describe('a pool whose size follows its arrivals', () => {
  it('grows in a rush, explains itself, and falls slowly when it is over', async () => {
    await using system = await testSystem(SIZED)
    await system.refill()
    expect(await system.pool()).toMatchObject({ target: 4, sizing: { floor: 4, max: 30, reason: 'floor' } })
    await rush(system)
    system.sleep(5_001) // The statistics are cached for five seconds.
    await system.refill()
    const large = await system.pool()
    expect(large.target).toBeGreaterThan(4)
    expect(large.slots.map(({ state }) => state)).toEqual(Array(large.target).fill('warm'))
    expect(large.sizing?.reason).toBe('arrivals')
    expect(large.sizing?.explanation).toMatch(/^\d+ slots, because .+ visitors a minute and \d+ s starts/)
    system.sleep(61 * 60_000)
    await system.refill()
    expect((await system.pool()).target).toBe(large.target - 1)
    expect(system.cluster.jobs.size).toBe(large.target - 1)
  })

  it('counts the arrivals of a young pool over the time since its first pass', async () => {
    await using system = await testSystem(SIZED)
    const { now, stats } = system.services
    // The statistics have rows of ten minutes. The first pass comes six minutes after the begin of one.
    const rowMs = 10 * MINUTE
    system.sleep(rowMs - (now() % rowMs) + 6 * MINUTE)
    await system.refill()
    for (let minute = 1; minute <= 3; minute++) {
      system.sleep(MINUTE)
      if (minute === 3) for (let visitor = 0; visitor < 30; visitor++) await stats.count('warm', now())
      await system.refill()
    }
    expect((await system.pool()).sizing?.arrivalsPerMinute).toBeCloseTo(10, 0)
  })

  it('gives its further slots to visitors', async () => {
    await using system = await testSystem(SIZED)
    await rush(system)
    await system.refill()
    const { target } = await system.pool()
    for (let n = 0; n < target; n++)
      expect((await (await system.visitor()).post('/session')).body.source).toBe('warm')
    expect((await (await system.visitor()).post('/session')).body.source).toBe('cold')
  })
})

describe('a pool of a fixed size', () => {
  it('reads no statistics in a pass, and states no size of its own', async () => {
    await using system = await warmSystem()
    await rush(system)
    let reads = 0
    const { stats } = system.services
    stats.demand = async () => {
      reads += 1
      throw new Error('A pool of a fixed size has no demand.')
    }
    await system.refill()
    expect(reads).toBe(0)
    const pool = await system.pool()
    expect([pool.target, pool.sizing]).toEqual([4, undefined])
    expect((await system.services.slots.read()).refill.sizing).toBeUndefined()
  })
})
