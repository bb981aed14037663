import { expect, it } from 'vitest'
import { faultsOf, OPERATIONS } from './operations.ts'

it('an operation may answer its own faults, and those of whatever it reads, each once', () => {
  const always = ['bad_query', 'bad_body', 'body_too_large', 'asleep', 'internal']
  expect(faultsOf(OPERATIONS.pool)).toEqual(expect.arrayContaining(always))
  expect(faultsOf(OPERATIONS.pool)).not.toContain('bad_secret')
  expect(faultsOf(OPERATIONS.claim)).toEqual(expect.arrayContaining(['bad_secret', 'unavailable', ...always]))
  expect(faultsOf(OPERATIONS.claim)).not.toContain('bad_id')
  const recover = faultsOf(OPERATIONS.recover)
  expect(recover).toEqual(
    expect.arrayContaining(['bad_secret', 'bad_id', 'no_session', 'bad_type', 'old_epoch']),
  )
  expect(new Set(recover).size).toBe(recover.length)
  expect(faultsOf(OPERATIONS.release)).not.toContain('bad_type')
})
