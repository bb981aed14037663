/** The cost of refill by the size of the pool: calls of DynamoDB and Kubernetes, and their bytes. */
import { describe, expect, it } from 'vitest'
import { reconcile } from '../src/refill/reconcile.ts'
import { bytesOf, type Call, type PoolOf, poolOf } from './_pool-of.ts'

const SIZES = [4, 40, 400, 4_000] as const

/** A warm pool that the last invocation of refill left at rest. */
async function restingPool(size: number): Promise<PoolOf> {
  const pool = await poolOf(size)
  const { limits, newId, now, refill } = pool.services
  const holder = newId()
  const lease = await refill.acquireLease(holder, now(), limits.refillLeaseMs)
  await refill.releaseLease(holder, lease?.triggers, true)
  pool.calls.length = 0
  return pool
}

/** One invocation of refill after one claim. Reads of the count of pending triggers depend on the time alone, so they are left out. */
async function afterOneClaim({ calls, claim, services, work }: PoolOf): Promise<Call[]> {
  expect((await claim()).status).toBe(201)
  calls.length = 0
  const [named] = work
  const { waiting } = await reconcile(services, 20_000, named)
  expect(waiting).toBe(false)
  return calls.filter(({ name }) => name !== 'GetCommand')
}

describe('refill after one claim', () => {
  it('costs the same calls and bytes with 4, 40, 400 and 4,000 warm slots', async () => {
    const costs: { names: string[]; bytes: number }[] = []
    for (const size of SIZES) {
      const pool = await restingPool(size)
      const calls = await afterOneClaim(pool)
      const { slots } = await pool.services.slots.read()
      expect(slots.map(({ state }) => state)).toEqual(Array(size).fill('WARM'))
      expect(pool.jobs.size).toBe(size + 1)
      costs.push({ names: calls.map(({ name }) => name).sort(), bytes: bytesOf(calls) })
    }
    const [least] = costs
    for (const { bytes, names } of costs) {
      expect(names).toEqual(least?.names)
      expect(bytes).toBeLessThan(1.05 * (least?.bytes ?? 0))
    }
  })
})

/** One slot needs a reservation, a Job, the read of Job and pod, the mark of the warm slot, and two statistics. One read is shared. */
const CALLS_PER_SLOT = 8

describe('a fill', () => {
  it.each([40, 400])('of %d slots costs a bounded number of calls for each slot', async (size) => {
    const { calls, jobs, services } = await poolOf(size, 'none')
    const startedMs = services.monotonic()
    const { waiting } = await reconcile(services, services.limits.refillRunMs)
    expect([waiting, jobs.size]).toEqual([false, size])
    // Two passes over every row, in pages of two, and the lease and the result of each pass.
    expect(calls.length / size).toBeLessThan(CALLS_PER_SLOT + 2)
    const { jobChangesBurst, jobChangesPerSecond } = services.limits
    const leastMs = ((size - jobChangesBurst) / jobChangesPerSecond) * 1_000
    expect(services.monotonic() - startedMs).toBeLessThan(1.1 * leastMs + 2_000)
  })
})

it('a claim during a long pass over every row is refilled by the same invocation', async () => {
  const { claim, jobs, services, sleep, work } = await restingPool(100)
  sleep(services.limits.warmCheckMs)
  const { slots } = services
  const move = slots.move.bind(slots)
  let triggered: Promise<void> | undefined
  // The claim and its trigger come after the pass has read the rows. Then confirmations take so long that the pass renews its lease.
  slots.move = async (from, to) => {
    triggered ??= claim().then(async () => void (await reconcile(services, 1_000, work[0])))
    await triggered
    sleep(100)
    return move(from, to)
  }
  const { waiting } = await reconcile(services, services.limits.refillRunMs)
  const { slots: rows } = await slots.read()
  expect([waiting, rows.filter(({ state }) => state === 'WARM').length, jobs.size]).toEqual([false, 100, 101])
})
