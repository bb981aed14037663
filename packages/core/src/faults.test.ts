import { expect, it } from 'vitest'
import { FAULTS, Fault } from './faults.ts'

it('a fault says what the table says, unless the one who throws it knows better', () => {
  const plain = new Fault('capacity')
  expect([plain.name, plain.status, plain.message, plain.retryAfterMs]).toEqual([
    'Fault',
    503,
    FAULTS.capacity.sentence,
    3_000,
  ])
  const exact = new Fault('capacity', { sentence: 'Full until noon.', retryAfterMs: 7 })
  expect([exact.message, exact.retryAfterMs, exact.status]).toEqual(['Full until noon.', 7, 503])
  expect(new Fault('no_session').retryAfterMs).toBeUndefined()
})
