import { describe, expect, it } from 'vitest'
import { share } from './forecast-text.ts'

describe(share, () => {
  it.each([
    [0, '0.0 %'],
    [0.95, '95.0 %'],
    [0.9994, '99.9 %'],
    [0.99999, 'over 99.9 %'],
    [1, '100.0 %'],
  ])('prints %d as %s', (of, text) => expect(share(of)).toBe(text))
})
