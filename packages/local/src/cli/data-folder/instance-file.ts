import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { commandOf } from '../../supervisor/command-of.ts'

/** One running `npm start`, as its data folder records it. */
export interface Instance {
  readonly pid: number
  /** The page's port. */
  readonly port: number
}

const FILE_NAME = 'running.json'

/**
 * @param data the data folder, absolute.
 * @returns the running instance of a data folder. The file of a crashed instance does not count, nor a process id that
 *   another program has got since.
 */
export function findInstance(data: string): Instance | undefined {
  const instance = read(join(data, FILE_NAME))
  return instance && commandOf(instance.pid)?.includes('start') ? instance : undefined
}

export type FolderLock =
  /** `afterCrash`: the previous instance left its file behind. */
  | { readonly ok: true; readonly afterCrash: boolean; release(): void }
  | { readonly ok: false; readonly heldBy: Instance }

/**
 * Locks a data folder for this process. Of two instances that start at the same time, at most one gets it.
 * @throws the file system's error when the folder is not writable.
 */
export function lockFolder(data: string, port: number): FolderLock {
  const file = join(data, FILE_NAME)
  const content = JSON.stringify({ pid: process.pid, port } satisfies Instance)
  for (let afterCrash = false; ; afterCrash = true) {
    try {
      writeFileSync(file, `${content}\n`, { flag: 'wx' })
      return { ok: true, afterCrash, release: () => rmSync(file, { force: true }) }
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error
      const heldBy = findInstance(data)
      if (heldBy) return { ok: false, heldBy }
      rmSync(file, { force: true })
    }
  }
}

function read(file: string): Instance | undefined {
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
