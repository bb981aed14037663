import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { closeSync, existsSync, openSync } from 'node:fs'
import { readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { lastLine } from '../supervisor/last-line.ts'
import type { Reaper } from '../supervisor/start-reaper.ts'

/** What the page is made of, relative to the root. */
const SOURCES = ['packages/web', 'packages/core/src', 'package-lock.json', 'tsconfig.base.json']
const LEFT_OUT = new Set(['node_modules', 'dist', 'test-results', 'playwright-report'])

/** Says, inside `dist`, what that was built from; whoever else builds there removes it with the rest. */
const KEY_FILE = '.built-from'

export interface BuildOptions {
  /** The folder of the root package.json, absolute. */
  readonly root: string
  /** What Vite prints goes to this file. */
  readonly log: string
  readonly reaper: Reaper
  readonly signal: AbortSignal
}

export type Built = { readonly kind: 'unchanged' } | { readonly kind: 'built'; readonly ms: number }

/** The page could not be built; the message is the build's own. */
export class BuildFailed extends Error {
  override name = 'BuildFailed'
}

/**
 * Builds packages/web with Vite, unless what is in its `dist` was built from the very same sources.
 * @throws BuildFailed
 */
export async function buildPage(options: BuildOptions): Promise<Built> {
  const dist = join(options.root, 'packages/web/dist')
  const keyFile = join(dist, KEY_FILE)
  const key = await pageKey(options.root)
  const known = await readFile(keyFile, 'utf8').catch(() => '')
  if (known === key && existsSync(join(dist, 'index.html'))) return { kind: 'unchanged' }
  const startedAt = performance.now()
  await runVite(options)
  if (!existsSync(join(dist, 'index.html')))
    throw new BuildFailed('it ended well but left no packages/web/dist/index.html')
  await writeFile(keyFile, key)
  return { kind: 'built', ms: performance.now() - startedAt }
}

async function runVite({ root, log, reaper, signal }: BuildOptions): Promise<void> {
  const output = openSync(log, 'w')
  const vite = join(root, 'node_modules/vite/bin/vite.js')
  const child = spawn(process.execPath, [vite, 'build'], {
    cwd: join(root, 'packages/web'),
    detached: true,
    stdio: ['ignore', output, output],
    signal,
    killSignal: 'SIGKILL',
  })
  closeSync(output)
  if (child.pid !== undefined) reaper.add(child.pid)
  const { promise, resolve, reject } = Promise.withResolvers<number | null>()
  child.once('error', reject)
  child.once('exit', resolve)
  const code = await promise.finally(() => child.pid !== undefined && reaper.remove(child.pid))
  if (code !== 0) throw new BuildFailed(lastLine(log) ?? `exit code ${code}`)
}

/** One hash over the names and contents of everything the page is made of. */
export async function pageKey(root: string): Promise<string> {
  const hash = createHash('sha256')
  const files = (await Promise.all(SOURCES.map((source) => filesIn(root, source)))).flat().sort()
  for (const file of files) {
    hash.update(`${file}\0`)
    hash.update(await readFile(join(root, file)).catch(() => ''))
  }
  return hash.digest('hex')
}

async function filesIn(root: string, path: string): Promise<string[]> {
  const entries = await readdir(join(root, path), { withFileTypes: true }).catch(() => undefined)
  if (!entries) return [path]
  const nested = entries
    .filter(({ name }) => !LEFT_OUT.has(name))
    .map((entry) =>
      entry.isDirectory() ? filesIn(root, `${path}/${entry.name}`) : [`${path}/${entry.name}`],
    )
  return (await Promise.all(nested)).flat()
}
