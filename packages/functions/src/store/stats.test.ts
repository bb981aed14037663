import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { bucketMs, bucketOf } from './stats.ts'

describe('buckets of durations', () => {
  it('are within 5 % of the duration, and the rounding to whole milliseconds', () => {
    fc.assert(
      fc.property(fc.double({ min: 1, max: 3_600_000, noNaN: true }), (ms) => {
        const off = Math.abs(bucketMs(bucketOf(ms)) - ms)
        expect(off).toBeLessThanOrEqual(0.05 * ms + 0.5)
      }),
    )
  })

  it('grow with the duration, and 0 ms is in the first', () => {
    const any = fc.double({ min: 0, max: 3_600_000, noNaN: true })
    fc.assert(
      fc.property(any, any, (a, b) => {
        if (a <= b) expect(bucketOf(a)).toBeLessThanOrEqual(bucketOf(b))
      }),
    )
    expect([bucketOf(0), bucketOf(1), bucketMs(0)]).toEqual([0, 0, 1])
  })

  it('are few enough for one row: an hour is in the 158th', () => {
    expect(bucketOf(3_600_000)).toBe(158)
  })
})
