import { mkdirSync, rmSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'

/** Where things are in the data folder. */
export interface Layout {
  readonly data: string
  readonly tables: string
  readonly kubeconfig: string
  /** What Node compiled: safe to delete. */
  readonly compiled: string
  readonly logs: string
  /** The log of a part. */
  log(part: string): string
}

/**
 * Makes a folder with those above it, for its owner's eyes: the tables hold keys of pods. One by one, because
 * `mkdirSync` with `recursive` never returns where the file system denies that a path below an existing folder can be
 * (below `/proc`, with Node 24).
 * @throws the error of the file system when the folder cannot be made.
 */
export function makeFolder(folder: string): void {
  if (statSync(folder, { throwIfNoEntry: false })?.isDirectory()) return
  makeFolder(dirname(folder))
  mkdirSync(folder, { mode: 0o700 })
}

/** The places in a data folder that is ours, with last time's logs gone. */
export function layOut(data: string): Layout {
  const logs = join(data, 'logs')
  rmSync(logs, { recursive: true, force: true })
  mkdirSync(logs)
  return {
    data,
    tables: join(data, 'dynamodb'),
    kubeconfig: join(data, 'kubeconfig'),
    compiled: join(data, 'compiled'),
    logs,
    log: (part) => join(logs, `${part}.log`),
  }
}

/** The sentence for a data folder that cannot be used. */
export function folderSentence(data: string, error: unknown): string {
  const code = error instanceof Error && 'code' in error ? String(error.code) : String(error)
  const why: Record<string, string> = {
    ENOENT: 'no folder can be made there',
    EACCES: 'this user may not write there',
    EPERM: 'this user may not write there',
    EROFS: 'it is on a read-only file system',
    ENOSPC: 'the disk is full',
    ENOTDIR: 'a part of the path is a file, not a folder',
    EEXIST: 'a part of the path is a file, not a folder',
  }
  return `Data and logs belong in ${data}, but ${why[code] ?? `it cannot be used (${code})`}. Make it writable, or name another folder: npm start -- --data <folder>`
}
