/** The weight of the JavaScript before the first paint, beside that of all chunks. */
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import type { Row } from '../../../scripts/measured.ts'
import { SITE } from '../tests/build.ts'

const BUDGET_KB = 95

export async function benchWeight(): Promise<Row[]> {
  const html = await readFile(join(SITE, 'index.html'), 'utf8')
  const scripts = (await readdir(join(SITE, 'assets'))).filter((name) => name.endsWith('.js'))
  const sizes = await Promise.all(scripts.map(async (name) => ({ name, kB: await gzipKB(name) })))
  const sum = (list: typeof sizes) => list.reduce((total, { kB }) => total + kB, 0)
  const first = sum(sizes.filter(({ name }) => html.includes(name)))
  const all = sum(sizes)
  return [
    {
      what: 'JavaScript before the first paint, gzip',
      measured: `${first.toFixed(1)} KB`,
      baseline: `all that the page may ever load: ${all.toFixed(1)} KB`,
      ratio: first / all,
      budget: `≤ ${BUDGET_KB} KB`,
      met: first <= BUDGET_KB,
    },
  ]
}

async function gzipKB(name: string): Promise<number> {
  return gzipSync(await readFile(join(SITE, 'assets', name)), { level: 9 }).byteLength / 1_000
}
