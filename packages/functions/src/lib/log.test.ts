import { expect, it, vi } from 'vitest'
import { logInternalError } from './log.ts'

it('the log of an error has its causes', () => {
  const written = vi.spyOn(console, 'log').mockImplementation(() => {})
  const refused = new Error('connect ECONNREFUSED')
  logInternalError('claim', 'request-1', new TypeError('fetch failed', { cause: refused }))
  const line = JSON.parse(String(written.mock.calls[0]?.[0]))
  written.mockRestore()
  expect(line).toMatchObject({ error: 'fetch failed', causes: ['connect ECONNREFUSED'] })
})
