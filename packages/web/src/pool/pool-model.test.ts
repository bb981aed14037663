import type { Pod, Pool } from '@warm-pods/core/api/contracts.ts'
import { describe, expect, it } from 'vitest'
import { confirmedAgoMs, withoutOwnPod } from './pool-model.ts'

const named = (alias: string) => ({ alias }) as Pod // as much of it as is read
const pool = {
  slots: [
    { slot: 0, state: 'warm', alias: 'calm-otter', pod: named('calm-otter') },
    { slot: 1, state: 'warm', alias: 'swift-heron', pod: named('swift-heron') },
  ],
} as Pool

it("counts the visitor's own pod as claimed when the reading is older than the claim", () => {
  const states = withoutOwnPod(pool, named('swift-heron')).slots.map(({ state }) => state)
  expect(states).toEqual(['warm', 'claimed'])
})

it('returns the same pool when the visitor holds no pod', () => {
  expect(withoutOwnPod(pool, undefined)).toEqual(pool)
})

describe(confirmedAgoMs, () => {
  it('adds the time since the request to the age in the answer', () => {
    expect(confirmedAgoMs({ refill: { confirmedAgoMs: 4_000 } } as Pool, 10_000, 12_500)).toBe(6_500)
  })

  it('is undefined for an API that states no age', () => {
    expect(confirmedAgoMs({ refill: {} } as Pool, 10_000, 12_500)).toBeUndefined()
  })
})

it('counts the own pod of an unconfirmed slot as claimed too', () => {
  const doubted = { slots: [{ slot: 0, state: 'unconfirmed', alias: 'calm-otter' }] } as Pool
  expect(withoutOwnPod(doubted, named('calm-otter')).slots[0]?.state).toBe('claimed')
})
