import type { Pod, Pool } from '@warm-pods/core/api/contracts.ts'
import { expect, it } from 'vitest'
import { withoutOwnPod } from './pool-model.ts'

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
