/** The cost of a claim by the size of the pool: calls of DynamoDB and their bytes, over the simulation's database. */
import { randomBytes } from 'node:crypto'
import type { Session } from '@warm-pods/core/api/contracts.ts'
import { uninitializedSlot, type WarmSlot } from '@warm-pods/core/state/slot.ts'
import { claimSlot } from '@warm-pods/core/transitions/claim-slot.ts'
import { emptySlot, markWarm, reserveSlot } from '@warm-pods/core/transitions/fill-slot.ts'
import { describe, expect, it } from 'vitest'
import { MemoryDynamo } from '../../simulation/src/engines/memory-dynamo.ts'
import { apiHandler } from '../src/api/handler.ts'
import { makeServices, type Services } from '../src/services.ts'
import { ClaimReads } from '../src/store/claim-reads.ts'
import type { DocumentClient } from '../src/store/client.ts'
import { RateLimitStore } from '../src/store/rate-limits.ts'
import { RefillStore } from '../src/store/refill-state.ts'
import { SessionStore } from '../src/store/sessions.ts'
import { SlotStore } from '../src/store/slots.ts'
import { StatsStore } from '../src/store/stats.ts'
import { poolTable, sessionsTable } from '../src/store/tables.ts'
import { eventOf, randomAddress } from './_event.ts'

interface Call {
  readonly name: string
  /** Length of the request and the response, as JSON. */
  readonly bytes: number
  /** The partition that a query reads. */
  readonly partition: unknown
}

interface Pool {
  readonly services: Services
  /** The calls of DynamoDB so far. */
  readonly calls: Call[]
  claim(): Promise<{ status: number; body: Session }>
}

/** A pool of warm slots over a database whose pages have two items. @param warm the slots that are warm; default: all. */
async function poolOf(size: number, warm = (_slot: number) => true): Promise<Pool> {
  const engine = new MemoryDynamo({
    tables: [poolTable('Pool'), sessionsTable('Sessions')],
    now: () => 0,
    pageSize: () => 2,
  })
  const calls: Call[] = []
  const send = async (command: {
    readonly input: object
    readonly constructor: { readonly name: string }
  }) => {
    const answer = engine.execute(command)
    const { input } = command
    const partition =
      'ExpressionAttributeValues' in input &&
      (input.ExpressionAttributeValues as Record<string, unknown>)[':pool']
    calls.push({ name: command.constructor.name, bytes: JSON.stringify([input, answer]).length, partition })
    return answer
  }
  const db = { send } as unknown as DocumentClient
  const made = makeServices({
    AWS_REGION: 'us-east-1',
    POOL_TABLE: 'Pool',
    SESSIONS_TABLE: 'Sessions',
    REFILL_FUNCTION: 'refill',
    KUBERNETES_ENDPOINT: 'http://127.0.0.1:9',
    CLUSTER_NAME: 'test',
    NAMESPACE: 'warm-pods',
    IMAGE: 'echo:1',
    SITE_ORIGIN: 'https://site.example',
    LIMITS: JSON.stringify({ target: size, cap: 2 * size }),
  })
  const { limits } = made
  const services: Services = {
    ...made,
    slots: new SlotStore(db, 'Pool'),
    claimReads: new ClaimReads(db, { pool: 'Pool', sessions: 'Sessions' }, limits),
    refill: new RefillStore(db, 'Pool'),
    sessions: new SessionStore(db, 'Sessions', limits.auditTtlMs),
    rateLimits: new RateLimitStore(db, 'Pool', limits),
    stats: new StatsStore(db, 'Pool'),
    cluster: async () => {
      throw new Error('No warm slot is left, so the claim would start cold.')
    },
    invokeRefill: async () => undefined,
  }
  await services.refill.raiseSlotCount(size)
  for (let number = 0; number < size; number++) {
    const slot = warmSlot(number)
    const taken = claimSlot(slot, { sessionId: 'another', epoch: 1, visitor: '' }, Date.now())
    await services.slots.move(uninitializedSlot(number), warm(number) ? slot : taken)
  }
  // The day's salt is read once for each process.
  await services.rateLimits.readSalt(Date.now())
  calls.length = 0
  const handle = apiHandler(services)
  return {
    services,
    calls,
    async claim() {
      const authorization = `Bearer ${randomBytes(32).toString('base64url')}`
      const request = {
        method: 'POST',
        path: '/session',
        headers: { authorization },
        address: randomAddress(),
      }
      const { statusCode = 0, body } = await handle(eventOf(request))
      return { status: statusCode, body: JSON.parse(String(body)) }
    },
  }
}

function warmSlot(number: number): WarmSlot {
  const name = `warm-${number}-1-bcdfg`
  const pod = {
    name,
    uid: `uid-${number}`,
    alias: 'calm-otter',
    ip: '10.0.0.1',
    node: 'n',
    zone: 'z',
    startedAt: new Date(0).toISOString(),
  }
  const job = { job: name, key: 'k'.repeat(43), spec: 's' }
  const nowMs = Date.now()
  return markWarm(reserveSlot(emptySlot(uninitializedSlot(number), nowMs), job, nowMs), pod, 1_000, nowMs)
}

const bytesOf = (calls: readonly Call[]): number => calls.reduce((sum, { bytes }) => sum + bytes, 0)

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
    expect([status, body.pod?.name]).toEqual([201, `warm-${only}-1-bcdfg`])
  })

  it('of 400 slots is read whole before it counts as empty', async () => {
    const { calls, claim } = await poolOf(400, () => false)
    const { status } = await claim()
    expect(status).toBe(500) // The Job of the cold start meets the cluster that throws.
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
    expect((await claim()).body.pod?.name).toBe('warm-3-1-bcdfg')
  })
})
