import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { SITE } from './build.ts'

export interface BuiltScript {
  /** The path within the site, such as `assets/index-B8sC.js`. */
  readonly path: string
  /** Bytes of gzip, level 9. */
  readonly gzipBytes: number
}

/**
 * The scripts of the built site. `first` are the scripts that index.html loads as elements, before the first paint. `later` are
 * all others, with the probe's worker: the head starts it beside the entry script, and no paint waits for it.
 */
export async function builtScripts(): Promise<{ first: BuiltScript[]; later: BuiltScript[] }> {
  const html = await readFile(join(SITE, 'index.html'), 'utf8')
  const first = [...html.matchAll(/(?:src|href)="\/(assets\/[^"]+\.js)"/g)].map(([, path = '']) => path)
  const all = (await readdir(join(SITE, 'assets'))).filter((name) => name.endsWith('.js'))
  const later = all.map((name) => `assets/${name}`).filter((path) => !first.includes(path))
  return { first: await Promise.all(first.map(weigh)), later: await Promise.all(later.map(weigh)) }
}

/** The sum in bytes of gzip. */
export const gzipSum = (scripts: readonly BuiltScript[]): number =>
  scripts.reduce((total, { gzipBytes }) => total + gzipBytes, 0)

async function weigh(path: string): Promise<BuiltScript> {
  return { path, gzipBytes: gzipSync(await readFile(join(SITE, path)), { level: 9 }).byteLength }
}
