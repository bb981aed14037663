import { mkdirSync, rmSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'

/** The paths in the data folder, all absolute. */
export interface DataFolderLayout {
  readonly data: string
  readonly tables: string
  readonly kubeconfig: string
  /** Node's compile cache. It is safe to delete. */
  readonly compiled: string
  readonly logs: string
  /** @returns the log file of a service. */
  log(service: string): string
}

/**
 * Creates a folder and its missing parents, readable by the owner only: the tables hold the keys of pods.
 *
 * It creates them one by one. With Node 24, `mkdirSync` with `recursive` never returns for a path that the file system does
 * not allow below an existing folder, such as `/proc/x`.
 * @throws the file system's error when a folder cannot be created.
 */
export function createPrivateFolder(folder: string): void {
  if (statSync(folder, { throwIfNoEntry: false })?.isDirectory()) return
  createPrivateFolder(dirname(folder))
  mkdirSync(folder, { mode: 0o700 })
}

/**
 * Deletes the logs of the previous instance.
 * @param data a data folder that this process has locked, absolute.
 */
export function prepareDataFolder(data: string): DataFolderLayout {
  const logs = join(data, 'logs')
  rmSync(logs, { recursive: true, force: true })
  mkdirSync(logs)
  return {
    data,
    tables: join(data, 'dynamodb'),
    kubeconfig: join(data, 'kubeconfig'),
    compiled: join(data, 'compiled'),
    logs,
    log: (service) => join(logs, `${service}.log`),
  }
}

/** @returns the error message for a data folder that cannot be used. */
export function folderErrorMessage(data: string, error: unknown): string {
  const code = error instanceof Error && 'code' in error ? String(error.code) : String(error)
  const reasons: Record<string, string> = {
    ENOENT: 'no folder can be created there',
    EACCES: 'this user may not write there',
    EPERM: 'this user may not write there',
    EROFS: 'its file system is read-only',
    ENOSPC: 'the disk is full',
    ENOTDIR: 'a part of the path is a file, not a folder',
    EEXIST: 'a part of the path is a file, not a folder',
  }
  const reason = reasons[code] ?? `an error occurred (${code})`
  return `The data folder ${data} cannot be used: ${reason}. Make it writable, or choose another folder: npm start -- --data <folder>`
}
