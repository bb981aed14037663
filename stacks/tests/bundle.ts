import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'

/** What SST made of one function. */
export interface Bundle {
  /** Bytes of the entry alone. */
  readonly entry: number
  /** Bytes of the entry and of all that it imports at once: what a cold start reads. */
  readonly atStart: number
  /** Bytes of the chunk that holds the Kubernetes client. */
  readonly kubernetes: number
  /** Bytes of what is uploaded. */
  readonly zip: number
  /** Folders under node_modules whose code a cold start reads, as in `@smithy/core`. */
  readonly packagesAtStart: readonly string[]
  /** The same for every chunk. */
  readonly packages: readonly string[]
}

/** @param folder `<function>-src` beside `<function>/code.zip`. */
export function bundle(folder: string, fn: string): Bundle {
  const source = join(folder, `${fn}-src`)
  const size = (file: string): number => statSync(join(source, file)).size
  const chunks = readdirSync(source).filter((file) => file.endsWith('.mjs'))
  const atStart = closure(source, 'bundle.mjs')
  const lazy = chunks.find((file) => /^adapter-\w+\.mjs$/.test(file))
  return {
    entry: size('bundle.mjs'),
    atStart: atStart.reduce((sum, file) => sum + size(file), 0),
    kubernetes: lazy ? size(lazy) : 0,
    zip: statSync(join(folder, fn, 'code.zip')).size,
    packagesAtStart: packagesOf(source, atStart),
    packages: packagesOf(source, chunks),
  }
}

/** A file and all that it imports statically. */
function closure(folder: string, file: string, seen: string[] = []): string[] {
  if (seen.includes(file)) return seen
  const code = readFileSync(join(folder, file), 'utf8')
  const imported = [...code.matchAll(/(?:from|import)\s*"\.\/([\w-]+\.mjs)"/g)].map(([, name = '']) => name)
  return imported.reduce((all, name) => closure(folder, name, all), [...seen, file])
}

/** By the source maps: where under node_modules the code came from. Nested folders stay visible. */
function packagesOf(folder: string, files: readonly string[]): string[] {
  const sources = files.flatMap((file) => {
    const { sources: own }: { sources: string[] } = JSON.parse(
      readFileSync(join(folder, `${file}.map`), 'utf8'),
    )
    return own
  })
  const names = sources.map((path) => /.*?node_modules\/(.*node_modules\/)?((?:@[^/]+\/)?[^/]+)/.exec(path))
  return [...new Set(names.flatMap((m) => (m ? [`${m[1] ?? ''}${m[2]}`] : [])))].sort()
}

/**
 * Milliseconds of processor time that a fresh Node spends on importing the entry: the least of some, so that a busy
 * machine shows little in it. Printed, and no test depends on it.
 */
export function importMs(folder: string, fn: string): number {
  const url = JSON.stringify(`file://${join(folder, `${fn}-src`, 'bundle.mjs')}`)
  const script = `const t = process.cpuUsage(); await import(${url}); console.log(process.cpuUsage(t).user / 1000)`
  const once = (): number => Number(execFileSync(process.execPath, ['--input-type=module', '-e', script]))
  return Math.round(Math.min(...Array.from({ length: 7 }, once)))
}
