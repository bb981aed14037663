import { describe, expect, it } from 'vitest'
import { causesOf, messageWithCauses } from './error-causes.ts'

const ioError = new Error('IO error: No space left on device')

describe('the causes of an error', () => {
  it('are on one line, the innermost last', () => {
    const failed = new Error('Database failed to open', { cause: ioError })
    expect(messageWithCauses(failed)).toBe('Database failed to open: IO error: No space left on device')
  })

  it('are not repeated when a message already contains its cause', () => {
    const wrapped = new Error(`Cannot write: ${ioError.message}`, { cause: ioError })
    expect(messageWithCauses(wrapped)).toBe(wrapped.message)
  })

  it('include the code of the AggregateError that fetch gets from two refused addresses', () => {
    const refused = Object.assign(new AggregateError([new Error('connect ECONNREFUSED ::1:4402')], ''), {
      code: 'ECONNREFUSED',
    })
    expect(messageWithCauses(new TypeError('fetch failed', { cause: refused }))).toBe(
      'fetch failed: ECONNREFUSED: connect ECONNREFUSED ::1:4402',
    )
  })

  it('end when an error is its own cause', () => {
    const loop = new Error('loop')
    loop.cause = loop
    expect(causesOf(loop)).toHaveLength(5)
    expect(messageWithCauses(loop)).toBe('loop')
  })

  it('are text when the cause is no error', () => {
    expect(messageWithCauses('a string')).toBe('a string')
    expect(messageWithCauses(new Error('outer', { cause: 'inner' }))).toBe('outer: inner')
    expect(messageWithCauses(undefined)).toBe('')
  })
})
