import fc from 'fast-check'
import * as v from 'valibot'
import { describe, expect, it } from 'vitest'
import { slots, stored } from './_generators.ts'
import { slotAttributes, slotFromItem } from './slot-item.ts'
import { PARTITION_SLOTS, slotKey } from './tables.ts'

describe('a slot’s item', () => {
  it('gives back the slot it was written from', () => {
    fc.assert(
      fc.property(slots, (slot) => {
        const item = { ...slotKey(slot), ...stored(slotAttributes(slot)) }
        expect(slotFromItem(item)).toEqual(slot)
      }),
    )
  })

  it('of a slot beyond the first partition is a former row when an earlier release has stored it', () => {
    fc.assert(
      fc.property(slots, (slot) => {
        fc.pre(slot.slot >= PARTITION_SLOTS)
        const former = { ...slot, former: true as const }
        const item = { ...slotKey(former), ...stored(slotAttributes(former)) }
        expect(item).toMatchObject({ pool: 'main', slot: String(slot.slot) })
        expect(slotFromItem(item)).toEqual(former)
      }),
    )
  })

  it('has ISO 8601 times, and no milliseconds since 1970', () => {
    fc.assert(
      fc.property(slots, (slot) => {
        const attributes = slotAttributes(slot)
        expect(attributes.since).toMatch(/^\d{4}-\d\d-\d\dT/)
        const names = Object.keys(attributes)
        expect(names.filter((name) => name.endsWith('AtMs') || name === 'sinceMs')).toEqual([])
      }),
    )
  })
})

/** A starting slot as the release before the step “routed” reads it. That api Lambda answers 500 when a row does not match. */
const EARLIER_STARTING = v.object({
  state: v.literal('STARTING'),
  job: v.string(),
  key: v.string(),
  spec: v.string(),
  progress: v.optional(
    v.array(
      v.object({
        step: v.picklist(['created', 'scheduled', 'network', 'started', 'ready']),
        at: v.nullable(v.string()),
        problem: v.optional(v.string()),
      }),
    ),
  ),
  problem: v.optional(v.string()),
})

it('of a starting slot is readable for the functions of an earlier release, during a deploy and after a rollback', () => {
  fc.assert(
    fc.property(slots, (slot) => {
      fc.pre(slot.state === 'STARTING')
      expect(v.is(EARLIER_STARTING, stored(slotAttributes(slot)))).toBe(true)
    }),
  )
})

it('leaves out the steps of a start that a newer version has stored', () => {
  const created = { step: 'created', at: '2026-01-01T00:00:00.000Z' }
  const item = {
    pool: 'main',
    slot: '0',
    state: 'STARTING',
    gen: 1,
    since: '2026-01-01T00:00:00.000Z',
    job: 'warm-0-1-bcdfg',
    key: 'key',
    spec: 's',
    progress: [created, { step: 'routed', at: null }],
  }
  expect(slotFromItem(item)).toMatchObject({ state: 'STARTING', progress: [created] })
})

describe('a damaged slot’s item', () => {
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
  ])('%s is an error that names the table and the field', (_what, damage, field) => {
    expect(slotFromItem(warm)).toMatchObject({ state: 'WARM', slot: 0 })
    expect(() => slotFromItem({ ...warm, ...damage })).toThrow(
      new RegExp(`^A row of the Pool table is damaged at ${field.replace('.', '\\.')}:`),
    )
  })

  it('is an error that does not show the key', () => {
    const damaged = { ...warm, key: { S: 'secret-key' } }
    expect(() => slotFromItem(damaged)).toThrow('damaged at key')
    expect(() => slotFromItem(damaged)).not.toThrow('secret-key')
  })
})
