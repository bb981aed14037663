import { relative } from 'node:path'

/**
 * @param from the user's current folder, absolute.
 * @returns the path relative to `from` when it lies below it, else the absolute path.
 */
export function displayPath(from: string, path: string): string {
  const below = relative(from, path)
  return below === '' || below.startsWith('..') ? path : below
}
