import type { Pool, PoolSlot } from '@warm-pods/core/api/contracts.ts'
import { expect, it } from 'vitest'
import { after, claimed, dead, kill, LIVE, pong } from './_util.ts'
import { poolRecovered } from './pool-recovered.ts'

const pool = (...states: PoolSlot['state'][]) =>
  ({ target: 4, slots: states.map((state) => ({ state })) }) as Pool // as much of it as is read
const WHOLE = pool('warm', 'warm', 'warm', 'warm')
const reading = (of: Pool, askedMs: number) => ({ pool: of, askedMs, silentSinceMs: undefined })
const BACK = after(...LIVE, kill(6_000), dead(6_030), claimed(2, 6_050), pong(6_070))

it('returns the time from the click until the pool is at its target again', () => {
  expect(poolRecovered(BACK, reading(WHOLE, 8_100))).toEqual({ type: 'pool-recovered', epoch: 1, ms: 2_100 })
})

it('ignores a reading that was requested before the claim', () => {
  expect(poolRecovered(BACK, reading(WHOLE, 6_049))).toBeUndefined()
})

it('returns nothing while a slot starts', () => {
  expect(poolRecovered(BACK, reading(pool('warm', 'warm', 'starting', 'warm'), 8_000))).toBeUndefined()
})

it('returns nothing when Kubernetes heals, because the pool gave no pod', () => {
  const healed = after(
    ...LIVE,
    kill(6_000, 'crash', 'heal'),
    dead(6_030, 1006),
    claimed(2, 18_000),
    pong(18_010),
  )
  expect(poolRecovered(healed, reading(WHOLE, 19_000))).toBeUndefined()
})
