import { expect, it } from 'vitest'
import { API_ERRORS, ApiError } from './errors.ts'

it('takes status, message and delay from the table, unless the detail replaces them', () => {
  const plain = new ApiError('capacity')
  expect([plain.name, plain.status, plain.message, plain.retryAfterMs]).toEqual([
    'ApiError',
    503,
    API_ERRORS.capacity.message,
    3_000,
  ])
  const exact = new ApiError('capacity', { message: 'Full until noon.', retryAfterMs: 7 })
  expect([exact.message, exact.retryAfterMs, exact.status]).toEqual(['Full until noon.', 7, 503])
  expect(new ApiError('no_session').retryAfterMs).toBeUndefined()
})
