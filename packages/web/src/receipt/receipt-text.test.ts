import { expect, it } from 'vitest'
import { runningTotal } from './receipt-text.ts'

it('marks a timeline that has stopped growing as not reported yet', () => {
  expect(runningTotal(3_000, 3_100)).toBe('3.0 s, still running')
  expect(runningTotal(10_080, 13_000)).toBe('over 10.1 s, not reported yet')
})
