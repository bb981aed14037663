/** Checks the LevelDB folder before dynalite opens it, because dynalite hides LevelDB's errors ("Database is closed"). */
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'

interface Store {
  open(): Promise<void>
  close(): Promise<void>
  keys(): AsyncIterable<unknown>
}

export interface CheckedTables {
  /** Whether the folder contained rows. */
  readonly hadRows: boolean
  /** Which rows LevelDB dropped without an error, as a sentence. Undefined when it dropped none that can be detected. */
  readonly dropped: string | undefined
}

/** LevelDB cannot read its folder. */
export class UnreadableTables extends Error {
  override name = 'UnreadableTables'
}

/**
 * Opens the tables, reads every block once, and closes them.
 * @param path the folder of LevelDB. It may not exist yet.
 * @throws UnreadableTables with LevelDB's own words.
 */
export async function checkTables(path: string): Promise<CheckedTables> {
  const before = filesIn(path)
  const { Level } = createRequire(import.meta.resolve('dynalite'))('level')
  const store: Store = new Level(path)
  try {
    await store.open()
    for await (const _key of store.keys());
  } catch (error) {
    throw new UnreadableTables(`LevelDB cannot read ${path}: ${firstCause(error)}`)
  } finally {
    await store.close()
  }
  return { hadRows: hasRows(before, /\.(ldb|sst|log)$/), dropped: droppedRows(path, before) }
}

/**
 * LevelDB starts with an empty store when its file CURRENT is missing, and takes a damaged log for one whose last write
 * was interrupted. In both cases it reports success.
 */
function droppedRows(path: string, before: ReadonlyMap<string, number>): string | undefined {
  if (!before.has('CURRENT') && hasRows(before, /\.(ldb|sst)$/))
    return 'The file CURRENT was missing, so the rows in older files are lost.'
  const empty = logsWithoutRows(path).filter((name) => (before.get(name) ?? 0) > 0)
  return empty.length === 0
    ? undefined
    : `The newest rows are lost: LevelDB could read nothing in ${empty.join(', ')}.`
}

/** @returns the names of the logs that LevelDB recovered no row from, according to its own log of the last opening. */
function logsWithoutRows(path: string): string[] {
  const file = join(path, 'LOG')
  // On a full disk LevelDB works without it.
  const report = existsSync(file) ? readFileSync(file, 'utf8') : ''
  return report
    .split('Recovering log #')
    .slice(1)
    .filter((text) => !text.includes('Level-0 table'))
    .map((text) => `${String(Number.parseInt(text, 10)).padStart(6, '0')}.log`)
}

function filesIn(path: string): Map<string, number> {
  try {
    return new Map(readdirSync(path).map((name) => [name, statSync(join(path, name)).size]))
  } catch {
    return new Map()
  }
}

/** @returns whether one of the files is not empty. */
function hasRows(files: ReadonlyMap<string, number>, name: RegExp): boolean {
  return [...files].some(([file, bytes]) => name.test(file) && bytes > 0)
}

/** @returns the message of the innermost cause: `abstract-level` only reports that the store did not open. */
function firstCause(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  return error.cause === undefined ? error.message : firstCause(error.cause)
}
