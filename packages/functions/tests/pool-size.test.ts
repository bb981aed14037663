/** The cost of a claim by the size of the pool: calls of DynamoDB and their bytes, over the simulation's database. */
import { describe, expect, it } from 'vitest'
import { bytesOf, poolOf } from './_pool-of.ts'

describe('a claim of a pool', () => {
  it('costs the same calls and bytes with 4, 40, 400 and 4,000 warm slots', async () => {
    const costs: { names: string[]; bytes: number }[] = []
    for (const size of [4, 40, 400, 4_000]) {
      const { calls, claim } = await poolOf(size)
      expect((await claim()).status).toBe(201)
      costs.push({ names: calls.map(({ name }) => name), bytes: bytesOf(calls) })
    }
    const [least] = costs
    for (const { names, bytes } of costs) {
      expect(names).toEqual(['BatchGetCommand', 'UpdateCommand', 'UpdateCommand', 'PutCommand'])
      expect(bytes).toBeLessThan(1.05 * (least?.bytes ?? 0))
    }
  })

  it.each([
    [4, 3],
    [40, 39],
    [400, 0],
    [400, 63],
    [400, 64],
    [400, 399],
  ])('of %d slots finds the only warm slot, %d', async (size, only) => {
    const { claim } = await poolOf(size, (slot) => slot === only)
    const { status, body } = await claim()
    expect([status, body.pod?.name]).toEqual([201, `warm-${only}-1-bcdfg-pod`])
  })

  it('of 400 slots is read whole before it counts as empty', async () => {
    const { calls, claim } = await poolOf(400, () => false)
    expect((await claim()).status).toBe(202)
    const queried = calls.flatMap(({ name, partition }) => (name === 'QueryCommand' ? [partition] : []))
    const partitions = ['main', 'main#1', 'main#2', 'main#3', 'main#4', 'main#5', 'main#6']
    expect([...new Set(queried)].sort()).toEqual(partitions)
    // 64 slots in pages of two, and refill's row in the first partition.
    expect(queried.filter((partition) => partition === 'main').length).toBeGreaterThanOrEqual(33)
  })

  it('whose table an earlier release has filled finds a warm slot that the sample misses', async () => {
    const { services, claim } = await poolOf(4, (slot) => slot === 3)
    const { slots, refill } = await services.slots.read()
    const withoutCount = { ...refill }
    delete (withoutCount as { slotCount?: number }).slotCount
    services.claimReads.read = async () => ({
      session: undefined,
      pool: { slots: slots.slice(0, 3), refill: withoutCount, isWhole: false },
    })
    expect((await claim()).body.pod?.name).toBe('warm-3-1-bcdfg-pod')
  })
})
