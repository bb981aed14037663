import { describe, expect, it } from 'vitest'
import { offeredProtocols, REFUSALS } from './token-check.ts'

describe(offeredProtocols, () => {
  it('splits the header at commas and ignores spaces', () => {
    expect(offeredProtocols('warm-pods.v1,token.x ,  other')).toEqual(['warm-pods.v1', 'token.x', 'other'])
    expect(offeredProtocols(undefined)).toEqual([''])
  })
})

describe('REFUSALS', () => {
  it.each(Object.entries(REFUSALS))(
    'gives "%s" a reason that fits into a close frame',
    (_why, { reason }) => {
      expect(new TextEncoder().encode(reason).length).toBeLessThanOrEqual(123)
    },
  )
})
