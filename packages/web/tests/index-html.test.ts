import { readFile } from 'node:fs/promises'
import { LIMITS } from '@warm-pods/core/limits.ts'
import { describe, expect, it } from 'vitest'
import { byline, withLimits } from '../build/head.ts'

it('fills the limits into index.html, and other numbers when the limits change', async () => {
  const html = await readFile(new URL('../index.html', import.meta.url), 'utf8')
  const now = withLimits(html)
  expect(now).toContain('one of four kept warm')
  expect(now).toContain('pings it four times a second')
  const changed = withLimits(html, { ...LIMITS, target: 7, pingMs: 500 })
  expect(changed).toContain('one of seven kept warm')
  expect(changed).toContain('pings it two times a second')
  expect(changed).toContain('from a pool of 7 warm pods')
  expect(changed).not.toMatch(/four|__TARGET__|__PINGS|__HELD__/)
})

describe('the line below the lead', () => {
  it('states the audience and leaves the rest out when the build has no owner and no source', () => {
    expect(byline({ VITE_OWNER_NAME: '', VITE_SOURCE_URL: '' })).toBe(
      'Built for engineers who start servers on demand. <a class="link whitespace-nowrap" href="#how">How this works</a>',
    )
  })

  it('names the owner, with and without a link, and links the source', () => {
    expect(byline({ VITE_OWNER_NAME: 'Ada' })).toContain('Built by Ada for engineers')
    const all = byline({
      VITE_OWNER_NAME: 'Ada & <Co>',
      VITE_OWNER_URL: 'mailto:"a"@b.example',
      VITE_SOURCE_URL: 'https://code.example/ada',
    })
    expect(all).toContain(
      'by <a class="link" href="mailto:&#34;a&#34;@b.example">Ada &#38; &#60;Co&#62;</a> for',
    )
    expect(all).toContain('<a class="link" href="https://code.example/ada">Source</a>')
  })

  it.each(['VITE_OWNER_URL', 'VITE_SOURCE_URL'])('refuses a script as %s', (variable) => {
    expect(() => byline({ VITE_OWNER_NAME: 'Ada', [variable]: 'javascript:alert(1)' })).toThrow(variable)
  })
})
