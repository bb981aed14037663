/** A table that an earlier release has filled: every slot is in the partition `main`, and refill's row has no slot count. */
import { DeleteCommand, GetCommand, PutCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb'
import { describe, expect, it } from 'vitest'
import { MAIN, PARTITION_SLOTS, REFILL_ROW, slotKey } from '../src/store/tables.ts'
import { type System, testSystem, warmSystem } from './_system.ts'

const SLOTS = PARTITION_SLOTS + 2
const MANY = { limits: { target: SLOTS, cap: 2 * SLOTS }, quota: 2 * SLOTS }

/** Moves the rows to where the earlier release has them. */
async function makeFormer({ tables: { db, pool: TableName } }: System): Promise<void> {
  for (let slot = PARTITION_SLOTS; slot < SLOTS; slot++) {
    const Key = slotKey({ slot })
    const { Item } = await db.send(new GetCommand({ TableName, Key }))
    await db.send(new PutCommand({ TableName, Item: { ...Item, pool: MAIN } }))
    await db.send(new DeleteCommand({ TableName, Key }))
  }
  await forgetSlotCount(db, TableName)
}

async function forgetSlotCount(db: System['tables']['db'], TableName: string): Promise<void> {
  const Key = { pool: MAIN, slot: REFILL_ROW }
  await db.send(new UpdateCommand({ TableName, Key, UpdateExpression: 'REMOVE slotCount' }))
}

/** Refill for as long as it has work: a busy machine needs more than one invocation for so many slots. */
async function refillAll(system: System): Promise<void> {
  for (let invocations = 0; invocations < 10; invocations++) if (!(await system.refill()).waiting) return
}

const warmIn = async (system: System) =>
  (await system.services.slots.read()).slots.filter(({ state }) => state === 'WARM')

describe('a pool of four', () => {
  it('keeps its rows, and its last warm slot is found before refill has run', async () => {
    await using system = await warmSystem()
    await forgetSlotCount(system.tables.db, system.tables.pool)
    const before = await warmIn(system)
    for (let n = 0; n < 4; n++) {
      const { body } = await (await system.visitor()).post('/session')
      expect(body.source).toBe('warm')
    }
    expect((await (await system.visitor()).post('/session')).body.source).toBe('cold')
    expect(before.map(({ former }) => former)).toEqual([undefined, undefined, undefined, undefined])
  })
})

describe(`a pool of ${SLOTS}`, () => {
  it('is moved by refill, without a second Job for a generation', async () => {
    await using system = await testSystem(MANY)
    await refillAll(system)
    await makeFormer(system)
    const former = (await warmIn(system)).filter((slot) => slot.former)
    expect(former.map(({ slot }) => slot)).toEqual([64, 65])
    await refillAll(system)
    const warm = await warmIn(system)
    expect(warm).toHaveLength(SLOTS)
    expect(warm.some((slot) => slot.former)).toBe(false)
    for (const { gen, slot } of former) expect(warm.find((now) => now.slot === slot)?.gen).toBe(gen + 2)
    expect(system.cluster.jobs.size).toBe(SLOTS)
  })

  it('gives out the pods of its former rows, and keeps those of their visitors', async () => {
    await using system = await testSystem(MANY)
    await refillAll(system)
    await makeFormer(system)
    const { slots } = await system.services.slots.read()
    // Only the former rows are left warm.
    for (const slot of slots)
      if (!slot.former && slot.state === 'WARM')
        await system.services.slots.move(slot, {
          slot: slot.slot,
          gen: slot.gen + 1,
          state: 'EMPTY',
          sinceMs: 1,
        })
    const { body } = await (await system.visitor()).post('/session')
    expect(body.source).toBe('warm')
    expect(body.pod?.name).toMatch(/^warm-6[45]-/)
    await refillAll(system)
    expect(system.cluster.jobs.has(String(body.pod?.name).replace(/-[^-]+$/, ''))).toBe(true)
    expect(await warmIn(system)).toHaveLength(SLOTS)
  })
})
