import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { commandOf, startTimeOf } from '../../supervisor/command-of.ts'

/** One running `npm start`, as its data folder records it. */
export interface Instance {
  readonly pid: number
  /** The page's port. */
  readonly port: number
  /** From {@link startTimeOf}. Files of earlier versions lack it. */
  readonly started?: string
}

const FILE_NAME = 'running.json'

/**
 * @param data the data folder, absolute.
 * @returns the running instance of a data folder, other than this process. The file of a crashed instance does not count, even
 *   when another process has its id now, as in a restarted container.
 */
export function findInstance(data: string): Instance | undefined {
  const instance = read(join(data, FILE_NAME))
  return instance && isRunning(instance) ? instance : undefined
}

function isRunning({ pid, started }: Instance): boolean {
  if (pid === process.pid) return false
  const command = commandOf(pid)
  if (command === undefined) return false
  return started === undefined ? command.includes('start') : startTimeOf(pid) === started
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
  const started = startTimeOf(process.pid)
  const instance: Instance = { pid: process.pid, port, ...(started === undefined ? {} : { started }) }
  for (let afterCrash = false; ; afterCrash = true) {
    try {
      writeFileSync(file, `${JSON.stringify(instance)}\n`, { flag: 'wx' })
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
    if (typeof pid !== 'number' || typeof port !== 'number') return undefined
    const started = 'started' in value && typeof value.started === 'string' ? value.started : undefined
    return { pid, port, ...(started === undefined ? {} : { started }) }
  } catch {
    return undefined
  }
}
