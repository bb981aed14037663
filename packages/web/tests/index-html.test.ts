import { readFile } from 'node:fs/promises'
import { LIMITS } from '@warm-pods/core/limits.ts'
import { expect, it } from 'vitest'
import { withLimits } from '../build/head.ts'

it('fills the limits into index.html, and other numbers when the limits change', async () => {
  const html = await readFile(new URL('../index.html', import.meta.url), 'utf8')
  const now = withLimits(html)
  expect(now).toContain('one of four kept warm')
  expect(now).toContain('pings it four times a second')
  const changed = withLimits(html, { ...LIMITS, target: 7, pingMs: 500 })
  expect(changed).toContain('one of seven kept warm')
  expect(changed).toContain('pings it two times a second')
  expect(changed).not.toMatch(/four|__TARGET__|__PINGS/)
})
