import type { Pod, Pool } from '@warm-pods/core/api/contracts.ts'
import { expect, it } from 'vitest'
import { withoutMine } from './pool-model.ts'

const named = (alias: string) => ({ alias }) as Pod // as much of it as is read
const pool = {
  slots: [
    { slot: 0, state: 'warm', alias: 'calm-otter', pod: named('calm-otter') },
    { slot: 1, state: 'warm', alias: 'swift-heron', pod: named('swift-heron') },
  ],
} as Pool

it('counts a pod that is mine as taken, although the pool was read before it was', () => {
  const states = withoutMine(pool, named('swift-heron')).slots.map(({ state }) => state)
  expect(states).toEqual(['warm', 'claimed'])
})

it('leaves the pool alone when no pod is mine', () => {
  expect(withoutMine(pool, undefined)).toEqual(pool)
})
