import { expect, it } from 'vitest'
import { backoffMs } from './backoff.ts'

it('doubles, with jitter over the whole wait from 0 on', () => {
  expect([1, 2, 3].map((failures) => backoffMs(failures, 1))).toEqual([800, 1_600, 3_200])
  expect(backoffMs(3, 0)).toBe(0)
  expect(backoffMs(3, 0.5)).toBe(1_600)
})

it('has jitter at the cap too, so that pages do not retry in step', () => {
  expect(backoffMs(20, 1)).toBe(8_000)
  expect(backoffMs(20, 0.25)).toBe(2_000)
})
