import { describe, expect, it } from 'vitest'
import { formatQuantity, quantityValue } from './quantity.ts'

describe(quantityValue, () => {
  it.each([
    ['250m', 0.25],
    ['1', 1],
    ['64Mi', 67_108_864],
    ['1k', 1000],
  ])('reads %s', (text, value) => {
    expect(quantityValue(text)).toBe(value)
  })
  it('formats a value with the units of its limit', () => {
    expect(formatQuantity(0.5, '2')).toBe('500m')
    expect(formatQuantity(134_217_728, '1Gi')).toBe('128Mi')
  })
})
