/**
 * Compares the simulation's DynamoDB with dynalite, or with the DynamoDB at DYNAMODB_ENDPOINT. Both get the same random
 * calls of the product's stores in the same order. Every response and every row must be equal.
 */

import { PutCommand, ScanCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb'
import { LIMITS } from '@warm-pods/core/limits.ts'
import type { SessionRow } from '@warm-pods/core/state/session.ts'
import type { Slot } from '@warm-pods/core/state/slot.ts'
import { sessionWork, slotWork } from '@warm-pods/core/state/work.ts'
import { claimSlot } from '@warm-pods/core/transitions/claim-slot.ts'
import { ClaimReads } from '@warm-pods/functions/store/claim-reads.ts'
import type { DocumentClient } from '@warm-pods/functions/store/client.ts'
import { RateLimitStore } from '@warm-pods/functions/store/rate-limits.ts'
import type { PassActivity } from '@warm-pods/functions/store/refill-activity.ts'
import { RefillStore } from '@warm-pods/functions/store/refill-state.ts'
import { SessionStore } from '@warm-pods/functions/store/sessions.ts'
import { SlotStore } from '@warm-pods/functions/store/slots.ts'
import { StatsStore } from '@warm-pods/functions/store/stats.ts'
import { poolTable, sessionsTable } from '@warm-pods/functions/store/tables.ts'
import { describe, expect, it } from 'vitest'
import { testTables } from '../../functions/tests/_tables.ts'
import { MemoryDynamo } from '../src/engines/memory-dynamo.ts'
import { Chance } from '../src/seeded-random.ts'

const NOW = 1_790_000_000_000
const OPERATIONS = 300

interface Stores {
  readonly db: DocumentClient
  readonly pool: string
  readonly slots: SlotStore
  readonly claimReads: ClaimReads
  readonly sessions: SessionStore
  readonly refill: RefillStore
  readonly rateLimits: RateLimitStore
  readonly stats: StatsStore
}

function storesOver(db: DocumentClient, pool: string, sessions: string): Stores {
  // Both engines get the same tokens.
  let tokens = 0
  const newToken = () => `token-${tokens++}`
  return {
    db,
    pool,
    slots: new SlotStore(db, pool),
    claimReads: new ClaimReads(db, { pool, sessions }, LIMITS),
    sessions: new SessionStore(db, sessions, LIMITS.auditTtlMs),
    refill: new RefillStore(db, pool),
    rateLimits: new RateLimitStore(db, pool, LIMITS, newToken),
    stats: new StatsStore(db, pool, newToken),
  }
}

function inMemory(): { stores: Stores; everything: () => unknown } {
  const engine = new MemoryDynamo({ tables: [poolTable('Pool'), sessionsTable('Sessions')], now: () => 0 })
  const db = { send: async (command: unknown) => engine.execute(command) } as unknown as DocumentClient
  return {
    stores: storesOver(db, 'Pool', 'Sessions'),
    everything: () => sorted([...engine.everything('Pool'), ...engine.everything('Sessions')]),
  }
}

function sorted(items: readonly object[]): unknown[] {
  const key = (item: object) => JSON.stringify(Object.entries(item).sort(([a], [b]) => (a < b ? -1 : 1)))
  return items.toSorted((a, b) => (key(a) < key(b) ? -1 : 1))
}

const pod = (n: number) => ({
  name: `pod-${n}`,
  uid: `uid-${n}`,
  alias: 'calm-wren',
  ip: '10.0.0.1',
  node: 'n',
  zone: 'z',
  startedAt: '2026-09-21T14:12:20.000Z',
})

function slotOf(chance: Chance): Slot {
  const base = { slot: chance.whole(3), gen: chance.whole(3), sinceMs: chance.pick([0, NOW, NOW + 1_000]) }
  const job = { job: `warm-${base.slot}-${base.gen}-x`, key: 'k', spec: 's' }
  switch (chance.whole(4)) {
    case 0:
      return { ...base, state: 'EMPTY' }
    case 1:
      return { ...base, ...job, state: 'STARTING', ...(chance.happens(0.5) ? { problem: 'Pulling' } : {}) }
    case 2:
      return { ...base, ...job, state: 'WARM', pod: pod(1), checkedAtMs: NOW }
    default:
      return { ...base, ...job, state: 'CLAIMED', pod: pod(1), sessionId: 'a', epoch: 1, claimedAtMs: NOW }
  }
}

function sessionOf(chance: Chance): SessionRow {
  return {
    sessionId: chance.pick(['a', 'b', 'c']),
    version: 1 + chance.whole(4),
    state: chance.pick(['live', 'ended']),
    epoch: 1,
    source: 'warm',
    job: 'warm-1-1-x',
    key: 'k',
    ...(chance.happens(0.5) ? { pod: pod(2) } : {}),
    createdAtMs: NOW,
    epochAtMs: NOW,
    seenAtMs: NOW,
    connectedEpoch: 0,
    leaseEndsAtMs: NOW + chance.whole(5) * 1_000,
    endsAtMs: NOW + 9_000,
    previousJobs: [],
    heals: [],
    receipt: { outcome: 'warm', stages: [], candidates: 1, tries: 1, conflicts: 0 },
    visitor: 'v',
    finalized: chance.happens(0.3),
  }
}

/** Draws one call of a store, to be made on each engine. */
function operation(chance: Chance): (stores: Stores) => Promise<unknown> {
  const [slot, other, row, next] = [slotOf(chance), slotOf(chance), sessionOf(chance), sessionOf(chance)]
  const n = chance.whole(4)
  const address = `192.0.2.${n}`
  const atMs = NOW + chance.whole(4) * LIMITS.rateWindowMs * 0.4
  const holder = chance.pick(['one', 'two'])
  const triggers = chance.pick([undefined, 0, 1, 2])
  const kind = chance.pick(['claim', 'recover'] as const)
  const activity: PassActivity = {
    lease: chance.pick(['acquired', 'renewed', 'taken_over']),
    readMs: n,
    steps: [{ step: 'free', failed: n === 1, ms: n }],
    failed: n === 1,
  }
  const gaps = [{ fromMs: NOW - n, untilMs: NOW }]
  const whole = { confirmedAtMs: NOW + n, gaps, doubtsCleared: n, live: n }
  const choices: readonly ((s: Stores) => Promise<unknown>)[] = [
    ({ slots }) => slots.read(),
    ({ slots }) => slots.readWarm([0]),
    ({ refill }) => refill.raiseSlotCount(3 + n),
    async ({ claimReads }) => {
      const { session, pool } = await claimReads.read(row.sessionId)
      return { session, ...pool, slots: pool.slots.toSorted((a, b) => a.slot - b.slot) }
    },
    ({ slots }) => slots.move(slot, { ...other, slot: slot.slot }),
    ({ slots }) => slots.move({ slot: n, gen: 0, state: 'EMPTY', sinceMs: 0 }, { ...other, slot: n }),
    ({ slots }) => slots.assertNotReferenced(n, slot.state === 'EMPTY' ? 'none' : slot.job),
    async ({ slots }) =>
      slot.state === 'WARM' &&
      slots.claim(slot, claimSlot(slot, { sessionId: 'a', epoch: 1, visitor: 'v' }, atMs)),
    ({ sessions }) => sessions.create(row),
    async ({ sessions }) => {
      const seen = await sessions.get(row.sessionId)
      return seen && sessions.update(seen, { ...next, sessionId: row.sessionId })
    },
    ({ sessions }) => sessions.update(row, next),
    ({ sessions }) => sessions.forget(row),
    ({ sessions }) => sessions.get(row.sessionId),
    async ({ sessions }) =>
      (await sessions.getMany(['a', 'b', 'c', 'a', 'd'])).map((r) => r.sessionId).sort(),
    async ({ sessions }) => (await sessions.unfinalizedIds()).sort(),
    ({ sessions }) => sessions.record(row.sessionId, 'ended', atMs, { because: 'idle', nothing: undefined }),
    ({ refill }) => refill.acquireLease(holder, NOW + n * 3_000, 5_000),
    ({ refill }) =>
      refill.acquireLease(holder, NOW + n * 3_000, 5_000, { work: [slotWork(n), sessionWork('s')] }),
    async ({ refill }) => {
      const lease = await refill.acquireLease(holder, NOW + n * 3_000, 5_000)
      return refill.acquireLease(holder, NOW + n * 3_000, 5_000, { taken: lease?.work ?? [] })
    },
    ({ refill }) => refill.releaseLease(holder, triggers),
    ({ refill }) => refill.releaseLease(holder, triggers, true),
    ({ refill }) => refill.pendingTriggers(),
    ({ refill }) => refill.report(NOW, { whole, failures: n, problem: undefined, version: 'v1', activity }),
    ({ refill }) =>
      refill.report(NOW, { whole: undefined, failures: n, problem: 'Full', version: undefined, activity }),
    ({ refill }) => refill.reportDoubt(atMs),
    ({ refill }) => refill.doubtedAtMs(),
    ({ refill }) => refill.requestConfirmation(atMs, 5_000),
    ({ refill }) => refill.backOff(atMs),
    ({ refill }) => refill.recordError(NOW, 'Kubernetes did not answer', activity),
    ({ rateLimits }) => rateLimits.recordRequest(address, row.sessionId, kind, atMs),
    ({ rateLimits }) => rateLimits.refundRequest('nobody', atMs),
    ({ stats }) => stats.count('warm', atMs),
    ({ stats }) => stats.measure('start', 1_000 * n, atMs),
    ({ stats }) => stats.summary(atMs, { target: 4, gaps: [] }),
    ({ stats }) => stats.totals(),
  ]
  return chance.pick(choices)
}

/** Returns the response of a call, or whether it failed by its condition. Messages are not compared. */
async function outcome(call: Promise<unknown>): Promise<unknown> {
  try {
    return { answered: await call }
  } catch (error) {
    return { failed: error instanceof Error && error.name === 'ConditionalCheckFailedException' }
  }
}

describe('DynamoDB in memory', () => {
  it.each([1, 2, 3])(
    'responds to every call of every store like the real protocol (seed %i)',
    async (seed) => {
      await using tables = await testTables()
      const memory = inMemory()
      const real = storesOver(tables.db, tables.pool, tables.sessions)
      // The salt is random. Both engines must have the same one.
      for (const { db, pool } of [memory.stores, real])
        await db.send(
          new PutCommand({
            TableName: pool,
            Item: { pool: 'salt', slot: '2026-09-21', salt: 's', expiresAt: 1 },
          }),
        )
      const chance = new Chance(seed)
      for (let n = 0; n < OPERATIONS; n++) {
        const call = operation(chance)
        expect(await outcome(call(memory.stores)), `operation ${n}`).toEqual(await outcome(call(real)))
      }
      const scans = [tables.pool, tables.sessions].map((TableName) =>
        tables.db.send(new ScanCommand({ TableName })),
      )
      const rows = (await Promise.all(scans)).flatMap(({ Items = [] }) => Items)
      expect(memory.everything()).toEqual(sorted(rows))
    },
  )

  it.each([
    ['a missing attribute is unequal to every value', 'absent <> :one', true],
    ['a missing attribute equals no value', 'absent = :one', false],
    ['a missing attribute is not less than any value', 'absent < :one', false],
    ['a number is less than a greater number', 'n < :one', true],
    ['a text is not less than a number', 'txt < :one', false],
    ['AND binds before OR', 'n = :one OR n < :one AND attribute_exists(txt)', true],
    ['a parenthesis binds first', '(n < :one OR n = :one) AND attribute_not_exists(txt)', false],
    ['NOT negates a condition', 'NOT n = :one', true],
  ])('%s', async (_what, ConditionExpression, holds) => {
    await using tables = await testTables()
    for (const { db, pool } of [inMemory().stores, { db: tables.db, pool: tables.pool }]) {
      const Key = { pool: 'p', slot: 's' }
      await db.send(new PutCommand({ TableName: pool, Item: { ...Key, n: 0, txt: 'a' } }))
      const write = new UpdateCommand({
        TableName: pool,
        Key,
        UpdateExpression: 'SET done = :one',
        ConditionExpression,
        ExpressionAttributeValues: { ':one': 1 },
      })
      expect(await outcome(db.send(write))).toEqual(
        holds ? { answered: expect.anything() } : { failed: true },
      )
    }
  })

  it.each([
    ['a name that no expression uses', { ExpressionAttributeNames: { '#unused': 'x' } }],
    ['a value that no expression uses', { ExpressionAttributeValues: { ':one': 1, ':unused': 2 } }],
    ['an update with a path that occurs twice', { UpdateExpression: 'SET n = :one REMOVE n' }],
    ['an undefined placeholder', { ConditionExpression: 'n = :nothing' }],
  ])('refuses %s', async (_what, more) => {
    await using tables = await testTables()
    for (const { db, pool } of [inMemory().stores, { db: tables.db, pool: tables.pool }]) {
      const write = new UpdateCommand({
        TableName: pool,
        Key: { pool: 'p', slot: 's' },
        UpdateExpression: 'SET n = :one',
        ExpressionAttributeValues: { ':one': 1 },
        ...more,
      })
      expect(await outcome(db.send(write))).toEqual({ failed: false })
    }
  })
})
