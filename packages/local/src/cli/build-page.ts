import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { closeSync, existsSync, openSync } from 'node:fs'
import { readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { lastLine } from '../supervisor/last-line.ts'
import type { Reaper } from '../supervisor/start-reaper.ts'

/** The files and folders that a build of the page reads, relative to the root. */
const SOURCES = ['packages/web', 'packages/core/src', 'package-lock.json', 'tsconfig.base.json']
const IGNORED = new Set(['node_modules', 'dist', 'test-results', 'playwright-report'])

/** Holds the hash of the sources, inside `dist`. Any other build empties `dist` and so deletes it. */
const KEY_FILE = '.built-from'

export interface BuildOptions {
  /** The folder of the root package.json, absolute. */
  readonly root: string
  /** The file for Vite's output, absolute. */
  readonly log: string
  readonly reaper: Reaper
  readonly signal: AbortSignal
}

export type BuildResult = { readonly kind: 'unchanged' } | { readonly kind: 'built'; readonly ms: number }

/** The page could not be built. The message is the last error of the build. */
export class BuildError extends Error {
  override name = 'BuildError'
}

/**
 * Builds packages/web with Vite, unless its `dist` was already built from the same sources.
 * @returns `ms`: how long the build took, in milliseconds.
 * @throws BuildError
 */
export async function buildPage(options: BuildOptions): Promise<BuildResult> {
  const dist = join(options.root, 'packages/web/dist')
  const keyFile = join(dist, KEY_FILE)
  const key = await pageKey(options.root)
  const builtKey = await readFile(keyFile, 'utf8').catch(() => '')
  if (builtKey === key && existsSync(join(dist, 'index.html'))) return { kind: 'unchanged' }
  const startedAt = performance.now()
  await runVite(options)
  if (!existsSync(join(dist, 'index.html')))
    throw new BuildError('vite exited with code 0 but wrote no packages/web/dist/index.html')
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
  if (code !== 0) throw new BuildError(lastLine(log) ?? `exit code ${code}`)
}

/** @returns one SHA-256 over the names and contents of all sources of the page, hexadecimal. */
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
    .filter(({ name }) => !IGNORED.has(name))
    .map((entry) =>
      entry.isDirectory() ? filesIn(root, `${path}/${entry.name}`) : [`${path}/${entry.name}`],
    )
  return (await Promise.all(nested)).flat()
}
