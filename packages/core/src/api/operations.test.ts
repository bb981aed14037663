import { expect, it } from 'vitest'
import { errorsOf, OPERATIONS } from './operations.ts'

it('an operation may answer its own faults, and those of whatever it reads, each once', () => {
  const always = ['bad_query', 'bad_body', 'body_too_large', 'asleep', 'internal']
  expect(errorsOf(OPERATIONS.pool)).toEqual(expect.arrayContaining(always))
  expect(errorsOf(OPERATIONS.pool)).not.toContain('bad_secret')
  expect(errorsOf(OPERATIONS.claim)).toEqual(expect.arrayContaining(['bad_secret', 'unavailable', ...always]))
  expect(errorsOf(OPERATIONS.claim)).not.toContain('bad_id')
  const recover = errorsOf(OPERATIONS.recover)
  expect(recover).toEqual(
    expect.arrayContaining(['bad_secret', 'bad_id', 'no_session', 'bad_type', 'old_epoch']),
  )
  expect(new Set(recover).size).toBe(recover.length)
  expect(errorsOf(OPERATIONS.release)).not.toContain('bad_type')
})
