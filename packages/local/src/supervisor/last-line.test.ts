import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, it } from 'vitest'
import { lastLine } from './last-line.ts'

const folder = mkdtempSync(join(tmpdir(), 'warm-pods-'))
afterAll(() => rmSync(folder, { recursive: true }))

function logged(text: string): string {
  const file = join(folder, 'log')
  writeFileSync(file, text)
  return file
}

it('returns the message of an error without its stack', () => {
  const text = `all services started
Error: listen EADDRINUSE: address already in use 127.0.0.1:4402
    at Server.setupListenHandle [as _listen2] (node:net:1940:16)
  code: 'EADDRINUSE'
}

Node.js v24.21.0
`
  expect(lastLine(logged(text))).toBe('Error: listen EADDRINUSE: address already in use 127.0.0.1:4402')
})

it('returns undefined for an empty log or a missing file', () => {
  expect(lastLine(logged('\n\n'))).toBeUndefined()
  expect(lastLine(join(folder, 'none'))).toBeUndefined()
})
