import { describe, expect, it } from 'vitest'
import { age, humanDuration } from './human-duration.ts'

const S = 1000
const M = 60 * S
const H = 60 * M
const D = 24 * H

describe(humanDuration, () => {
  it.each([
    [0, '0s'],
    [-500, '0s'],
    [-5 * S, '<invalid>'],
    [119 * S, '119s'],
    [2 * M, '2m'],
    [2 * M + 5 * S, '2m5s'],
    [10 * M, '10m'],
    [179 * M, '179m'],
    [3 * H, '3h'],
    [7 * H + 59 * M, '7h59m'],
    [47 * H, '47h'],
    [2 * D, '2d'],
    [2 * D + 4 * H, '2d4h'],
    [40 * D, '40d'],
    [3 * 365 * D + 12 * D, '3y12d'],
    [9 * 365 * D, '9y'],
  ])('says %i ms as %s', (ms, text) => {
    expect(humanDuration(ms)).toBe(text)
  })
  it('returns <unknown> without a time', () => {
    expect(age(undefined)).toBe('<unknown>')
  })
})
