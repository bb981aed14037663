import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'

const SRC = fileURLToPath(new URL('../src', import.meta.url))

interface Source {
  /** From `src`, with slashes. */
  readonly path: string
  readonly text: string
  /** Imports, types included: packages by name, files as paths from `src`. */
  readonly imports: readonly string[]
}

const sources = readdirSync(SRC, { recursive: true, encoding: 'utf8' })
  .filter((path) => /\.tsx?$/.test(path) && !/(\.test\.ts|_util\.ts)$/.test(path))
  .map(sourceOf)

function sourceOf(path: string): Source {
  const text = readFileSync(join(SRC, path), 'utf8')
  const specifiers = [...text.matchAll(/^(?:import|\} from|.*\bfrom|.*\bimport\() ?'([^'\n]+)'/gm)].map(
    ([, name = '']) => name,
  )
  return { path, text, imports: specifiers.map((name) => fileOf(path, name)) }
}

function fileOf(path: string, specifier: string): string {
  if (specifier.startsWith('@/')) return specifier.slice(2)
  if (!specifier.startsWith('.')) return specifier
  return relative(SRC, resolve(SRC, dirname(path), specifier))
}

/** The simulator's code also answers for the browser tests' mock cluster. */
const mocks = ['../tests/_mock-cluster.ts', '../tests/_mock-server.ts'].map(sourceOf)

/** The first folder of a path below `src`; the files of `src` itself are the page. */
const folderOf = (path: string): string => (path.includes('/') ? (path.split('/')[0] ?? '') : 'page')

function importsOf(folder: string): string[] {
  return sources.filter(({ path }) => folderOf(path) === folder).flatMap(({ imports }) => imports)
}

describe('the folders of src', () => {
  it('have at most 20 source files each', () => {
    const sizes = new Map<string, number>()
    for (const { path } of sources) sizes.set(dirname(path), (sizes.get(dirname(path)) ?? 0) + 1)
    expect([...sizes].filter(([, size]) => size > 20)).toEqual([])
  })

  it('of copy imports only core, lib and other copy', () => {
    const imports = importsOf('copy')
    expect(imports.length).toBeGreaterThan(5)
    expect(imports.filter((name) => !/^(@warm-pods\/core|lib|copy)\//.test(name))).toEqual([])
  })

  it('of the simulator has no transition of its own: it imports none, and writes no row', () => {
    const simulator = [...sources.filter(({ path }) => folderOf(path) === 'simulator'), ...mocks]
    const imports = simulator.flatMap((source) => source.imports)
    expect(imports).toContain('@warm-pods/core/simulation/calls.ts')
    expect(imports.filter((name) => /core\/(transitions|state|planner)\//.test(name))).toEqual([])
    for (const { path, text } of simulator)
      expect(text, path).not.toMatch(/\.(write|update|moveSlot)\(|\.(slots|sessions)\.(set|delete)\(/)
  })

  it('depend on each other in one direction', () => {
    const folders = [...new Set(sources.map(({ path }) => folderOf(path)))].filter((name) => name !== 'page')
    const uses = new Map(
      folders.map((folder) => [
        folder,
        new Set(
          importsOf(folder)
            .map(folderOf)
            .filter((used) => used !== folder && folders.includes(used)),
        ),
      ]),
    )
    // A folder that no remaining folder is used by goes last; what cannot be taken away is part of a cycle.
    for (;;) {
      const leaf = [...uses].find(([, used]) => [...used].every((name) => !uses.has(name)))
      if (!leaf) break
      uses.delete(leaf[0])
    }
    expect(
      [...uses].map(
        ([folder, used]) => `${folder} → ${[...used].filter((name) => uses.has(name)).join(', ')}`,
      ),
    ).toEqual([])
  })
})
