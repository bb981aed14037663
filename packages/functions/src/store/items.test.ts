import type { Kill, SessionRow, Slot } from '@warm-pods/core/state/state.ts'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { sessionFromItem, sessionToItem, slotAttributes, slotFromItem } from './items.ts'

/** Any moment that ISO 8601 writes with four digits of a year. */
const ms = fc.integer({ min: 1, max: Date.UTC(9_999, 11, 31) })
const isoTime = ms.map((at) => new Date(at).toISOString())
const text = fc.string()
const count = fc.nat()
const how = fc.constantFrom('polite' as const, 'crash' as const, 'freeze' as const)
const pod = fc.record({
  name: text,
  uid: text,
  alias: text,
  ip: text,
  node: text,
  zone: text,
  startedAt: isoTime,
})
const progress = fc.array(
  fc.record(
    {
      step: fc.constantFrom('created' as const, 'scheduled' as const, 'started' as const, 'ready' as const),
      at: fc.option(isoTime),
      problem: text,
    },
    { requiredKeys: ['step', 'at'] },
  ),
)

const base = { slot: fc.nat({ max: 9_999 }), gen: count, sinceMs: ms }
const reserved = { ...base, job: text, key: text, spec: text }
const slot: fc.Arbitrary<Slot> = fc.oneof(
  fc.record({ ...base, state: fc.constant('EMPTY' as const) }),
  fc.record(
    { ...reserved, state: fc.constant('STARTING' as const), progress, problem: text },
    { requiredKeys: ['slot', 'gen', 'sinceMs', 'job', 'key', 'spec', 'state'] },
  ),
  fc.record(
    { ...reserved, state: fc.constant('WARM' as const), pod, checkedAtMs: ms, startMs: count },
    { requiredKeys: ['slot', 'gen', 'sinceMs', 'job', 'key', 'spec', 'state', 'pod', 'checkedAtMs'] },
  ),
  fc.record({
    ...reserved,
    state: fc.constant('CLAIMED' as const),
    pod,
    startMs: count,
    sessionId: text,
    epoch: count,
    claimedAtMs: ms,
  }),
)

const kill: fc.Arbitrary<Kill> = fc.record(
  { epoch: count, how, atMs: ms, podUid: text, done: fc.boolean(), diedAtMs: ms },
  { requiredKeys: ['epoch', 'how', 'atMs', 'done'] },
)
const optional = {
  pod,
  kill,
  connectedAtMs: ms,
  replacedAtMs: ms,
  lastKillAtMs: ms,
  leftPodUid: text,
  endReason: fc.constantFrom('released' as const, 'lease' as const, 'failed' as const),
  endedAtMs: ms,
}
const required = {
  sessionId: text,
  version: count,
  state: fc.constantFrom('starting' as const, 'live' as const, 'recovering' as const, 'ended' as const),
  epoch: fc.integer({ min: 1, max: 999_999_999 }),
  source: fc.constantFrom('warm' as const, 'cold' as const, 'rescued' as const),
  job: text,
  key: text,
  createdAtMs: ms,
  epochAtMs: ms,
  seenAtMs: ms,
  connectedEpoch: count,
  leaseEndsAtMs: ms,
  endsAtMs: ms,
  oldJobs: fc.array(fc.record({ job: text, epoch: count, kill }, { requiredKeys: ['job', 'epoch'] }), {
    maxLength: 3,
  }),
  heals: fc.array(
    fc.record({ epoch: fc.integer({ min: 1, max: 999_999_999 }), how, healMs: count, progress }),
  ),
  receipt: fc.record({
    outcome: fc.constantFrom('warm' as const, 'empty' as const, 'capacity' as const),
    stages: fc.array(fc.record({ name: text, ms: count })),
    candidates: count,
    tries: count,
    conflicts: count,
  }),
  visitor: text,
  settled: fc.boolean(),
}
const requiredKeys = Object.keys(required) as (keyof typeof required)[]
const session: fc.Arbitrary<SessionRow> = fc.record({ ...required, ...optional }, { requiredKeys })

/** As the table gives it back: keys and number types survive, `undefined` does not. */
function stored(item: Record<string, unknown>): Record<string, unknown> {
  return JSON.parse(JSON.stringify(item)) as Record<string, unknown>
}

describe('a slot', () => {
  it('comes back from its row as it was written', () => {
    fc.assert(
      fc.property(slot, (given) => {
        const item = { pool: 'main', slot: String(given.slot), ...stored(slotAttributes(given)) }
        expect(slotFromItem(item)).toEqual(given)
      }),
    )
  })

  it('has times that a person can read in the console, and no milliseconds since 1970', () => {
    fc.assert(
      fc.property(slot, (given) => {
        const attributes = slotAttributes(given)
        expect(attributes.since).toMatch(/^\d{4}-\d\d-\d\dT/)
        expect(Object.keys(attributes).filter((name) => name.endsWith('AtMs') || name === 'sinceMs')).toEqual(
          [],
        )
      }),
    )
  })
})

describe('a session', () => {
  it('comes back from its row as it was written', () => {
    fc.assert(
      fc.property(session, (given) => {
        expect(sessionFromItem(stored(sessionToItem(given)))).toEqual(given)
      }),
    )
  })

  it('stands in the index of live sessions until it is settled, and has no other time than ISO 8601', () => {
    fc.assert(
      fc.property(session, (given) => {
        const item = sessionToItem(given)
        expect(item.live).toBe(given.settled ? undefined : 'yes')
        expect(Object.keys(item).filter((name) => name.endsWith('AtMs'))).toEqual([])
      }),
    )
  })
})

describe('a damaged row', () => {
  const warm = {
    pool: 'main',
    slot: '0',
    state: 'WARM',
    gen: 1,
    since: '2026-01-01T00:00:00.000Z',
    job: 'warm-0-1-bcdfg',
    key: 'secret-key',
    spec: 's',
    checkedAt: '2026-01-01T00:00:00.000Z',
    pod: {
      name: 'p',
      uid: 'u',
      alias: 'a',
      ip: '10.0.0.1',
      node: 'n',
      zone: 'z',
      startedAt: '2026-01-01T00:00:00.000Z',
    },
  }

  it.each<[string, Record<string, unknown>, string]>([
    ['of an unknown state', { state: 'WARMISH' }, 'state'],
    ['without its pod', { pod: undefined }, 'pod'],
    ['whose pod has no address', { pod: { ...warm.pod, ip: undefined } }, 'pod.ip'],
    ['with a time that is none', { since: 'yesterday' }, 'since'],
    ['with a time that is a number', { checkedAt: 5 }, 'checkedAt'],
    ['with a generation in words', { gen: 'one' }, 'gen'],
    ['that is no slot', { slot: 'zero' }, 'slot'],
  ])('%s names the table and the field instead of becoming somebody’s pod', (_what, damage, field) => {
    expect(slotFromItem(warm)).toMatchObject({ state: 'WARM', slot: 0 })
    expect(() => slotFromItem({ ...warm, ...damage })).toThrow(
      new RegExp(`^A row of the Pool table is damaged at ${field.replace('.', '\\.')}:`),
    )
  })

  it('never tells the key', () => {
    const damaged = { ...warm, key: { S: 'secret-key' } }
    expect(() => slotFromItem(damaged)).toThrow('damaged at key')
    expect(() => slotFromItem(damaged)).not.toThrow('secret-key')
  })

  it('of a session names itself too', () => {
    expect(() => sessionFromItem({ sessionId: 'ada' })).toThrow('A row of the Sessions table is damaged at')
    expect(() => sessionFromItem(undefined)).toThrow('damaged at its top')
  })
})
