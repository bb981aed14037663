import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { percentile } from './percentile.ts'

describe(percentile, () => {
  it.each([
    ['no values', [], 0.5, undefined],
    ['one value', [7], 0.99, 7],
    ['two values, half way', [10, 20], 0.5, 15],
    ['unsorted values', [30, 10, 20], 0.5, 20],
    ['two digits against three, which a text sort gets wrong', [100, 20, 9, 35, 250], 0.5, 35],
    ['p95 of 1 to 20', Array.from({ length: 20 }, (_, i) => 20 - i), 0.95, 19.05],
    ['p99 of 1 to 101', Array.from({ length: 101 }, (_, i) => i + 1), 0.99, 100],
  ])('of %s', (_, values, p, expected) => {
    const result = percentile(values, p)
    if (expected === undefined) expect(result).toBeUndefined()
    else expect(result).toBeCloseTo(expected, 10)
  })

  it('agrees with R-7 written as weights of the two order statistics around h = (n − 1)p + 1', () => {
    const other = (values: number[], p: number) => {
      const order = [...values].sort((a, b) => a - b)
      const h = (order.length - 1) * p + 1
      return order.reduce((sum, value, i) => sum + value * Math.max(0, 1 - Math.abs(h - (i + 1))), 0)
    }
    fc.assert(
      fc.property(
        fc.array(fc.double({ min: 0, max: 1e4, noNaN: true }), { minLength: 1, maxLength: 60 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (values, p) => {
          expect(percentile(values, p)).toBeCloseTo(other(values, p), 6)
        },
      ),
    )
  })

  it('does not reorder its input', () => {
    const values = [3, 1, 2]
    percentile(values, 0.5)
    expect(values).toEqual([3, 1, 2])
  })
})
