import { expect, it } from 'vitest'
import { API_ERRORS, ApiError } from './errors.ts'

it('a fault says what the table says, unless the one who throws it knows better', () => {
  const plain = new ApiError('capacity')
  expect([plain.name, plain.status, plain.message, plain.retryAfterMs]).toEqual([
    'ApiError',
    503,
    API_ERRORS.capacity.sentence,
    3_000,
  ])
  const exact = new ApiError('capacity', { sentence: 'Full until noon.', retryAfterMs: 7 })
  expect([exact.message, exact.retryAfterMs, exact.status]).toEqual(['Full until noon.', 7, 503])
  expect(new ApiError('no_session').retryAfterMs).toBeUndefined()
})
