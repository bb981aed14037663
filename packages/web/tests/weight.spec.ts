import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { expect, test } from '@playwright/test'
import { SITE } from './build.ts'

/** The page's budget, bytes of gzip. */
const BEFORE_FIRST_PAINT = 95 * 1_000

const weigh = async (path: string) => gzipSync(await readFile(join(SITE, path)), { level: 9 }).byteLength

test('all the JavaScript before the first paint is under 95 KB of gzip, and the chart is not in it', async () => {
  const html = await readFile(join(SITE, 'index.html'), 'utf8')
  const first = [...html.matchAll(/(?:src|href)="\/(assets\/[^"]+\.js)"/g)].map(([, path = '']) => path)
  expect(first).not.toHaveLength(0)
  const sizes = await Promise.all(first.map(weigh))
  const total = sizes.reduce((sum, size) => sum + size, 0)
  const later = (await readdir(join(SITE, 'assets'))).filter(
    (name) => name.endsWith('.js') && !first.includes(`assets/${name}`),
  )
  const kB = (bytes: number) => (bytes / 1_000).toFixed(1)
  console.log(`before first paint: ${kB(total)} KB gzip (${first.join(', ')})`)
  for (const name of later) console.log(`later: ${kB(await weigh(`assets/${name}`))} KB gzip (${name})`)
  expect(later.join()).toMatch(/chart-.*probe\.worker-/)
  expect(total).toBeLessThanOrEqual(BEFORE_FIRST_PAINT)
})
