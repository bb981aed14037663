import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createBucket } from './bucket.ts'

describe(createBucket, () => {
  it('gives the burst at once and then no more', () => {
    const bucket = createBucket(20, 40, 0)
    const taken = Array.from({ length: 50 }, () => bucket.take(0)).filter(Boolean)
    expect(taken).toHaveLength(40)
  })

  it('adds one token per period, independent of when tokens are taken', () => {
    const bucket = createBucket(20, 1, 0)
    expect([0, 49, 50, 99, 100, 101].map((ms) => bucket.take(ms))).toEqual([
      true,
      false,
      true,
      false,
      true,
      false,
    ])
  })

  it('never gives more than the burst and the rate allow over any period', () => {
    const steps = fc.array(fc.integer({ min: 0, max: 500 }), { maxLength: 300 })
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 100 }),
        fc.integer({ min: 1, max: 100 }),
        steps,
        (rate, burst, gaps) => {
          const bucket = createBucket(rate, burst, 0)
          let nowMs = 0
          let taken = 0
          for (const gap of gaps) {
            nowMs += gap
            if (bucket.take(nowMs)) taken += 1
            expect(taken).toBeLessThanOrEqual(burst + (nowMs * rate) / 1_000 + 1e-6)
          }
        },
      ),
    )
  })

  it('never refuses a caller that keeps to the rate', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 100 }),
        fc.array(fc.nat(100), { maxLength: 200 }),
        (rate, late) => {
          const bucket = createBucket(rate, 2, 0)
          let nowMs = 0
          return late.every((extraMs) => {
            nowMs += 1_000 / rate + extraMs
            return bucket.take(nowMs)
          })
        },
      ),
    )
  })
})
