import { expect, it } from 'vitest'
import { isInDoubt } from './refill-row.ts'

it('is in doubt until a pass has read the last report of a doubt', () => {
  expect(isInDoubt({ doubts: 0, doubtsCleared: 0 })).toBe(false)
  expect(isInDoubt({ doubts: 2, doubtsCleared: 1 })).toBe(true)
  expect(isInDoubt({ doubts: 2, doubtsCleared: 2 })).toBe(false)
})
