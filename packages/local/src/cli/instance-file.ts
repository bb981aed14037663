import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { commandOf } from '../supervisor/command-of.ts'

/** What a running starter says about itself in its data folder. */
export interface Run {
  readonly pid: number
  /** The page's port. */
  readonly port: number
}

const NAME = 'running.json'

/** The run of a data folder, if it is alive. A file left behind by a crash does not count, nor a number used again since. */
export function findRun(data: string): Run | undefined {
  const run = read(join(data, NAME))
  return run && commandOf(run.pid)?.includes('start') ? run : undefined
}

export type Taken =
  | { readonly ok: true; readonly afterCrash: boolean; release(): void }
  | { readonly ok: false; readonly by: Run }

/** Takes a data folder for this process: at most one of two starts in the same instant gets it. */
export function takeFolder(data: string, port: number): Taken {
  const file = join(data, NAME)
  const mine = JSON.stringify({ pid: process.pid, port } satisfies Run)
  for (let afterCrash = false; ; afterCrash = true) {
    try {
      writeFileSync(file, `${mine}\n`, { flag: 'wx' })
      return { ok: true, afterCrash, release: () => rmSync(file, { force: true }) }
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error
      const by = findRun(data)
      if (by) return { ok: false, by }
      rmSync(file, { force: true })
    }
  }
}

function read(file: string): Run | undefined {
  try {
    const value: unknown = JSON.parse(readFileSync(file, 'utf8'))
    if (typeof value !== 'object' || value === null || !('pid' in value) || !('port' in value))
      return undefined
    const { pid, port } = value
    return typeof pid === 'number' && typeof port === 'number' ? { pid, port } : undefined
  } catch {
    return undefined
  }
}
