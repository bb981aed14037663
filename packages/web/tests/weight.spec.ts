import { expect, test } from '@playwright/test'
import { builtScripts, gzipSum } from './_first-load.ts'

/** The page's budget, bytes of gzip. */
const BEFORE_FIRST_PAINT = 95 * 1_000

test('all the JavaScript before the first paint is under 95 KB of gzip, and the chart is not in it', async () => {
  const { first, later } = await builtScripts()
  expect(first).not.toHaveLength(0)
  const kB = (bytes: number) => (bytes / 1_000).toFixed(1)
  console.log(
    `before first paint: ${kB(gzipSum(first))} KB gzip (${first.map(({ path }) => path).join(', ')})`,
  )
  for (const { path, gzipBytes } of later) console.log(`later: ${kB(gzipBytes)} KB gzip (${path})`)
  expect(later.map(({ path }) => path).join()).toMatch(/chart-.*probe\.worker-/)
  expect(gzipSum(first)).toBeLessThanOrEqual(BEFORE_FIRST_PAINT)
})
