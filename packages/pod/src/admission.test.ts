import { expect, it } from 'vitest'
import { offeredProtocols, REFUSALS } from './admission.ts'

it('reads what was offered, whatever the spaces', () => {
  expect(offeredProtocols('warm-pods.v1,token.x ,  other')).toEqual(['warm-pods.v1', 'token.x', 'other'])
  expect(offeredProtocols(undefined)).toEqual([''])
})

it.each(Object.entries(REFUSALS))(
  'refuses "%s" with a reason that fits a close frame',
  (_why, { reason }) => {
    expect(new TextEncoder().encode(reason).length).toBeLessThanOrEqual(123)
  },
)
