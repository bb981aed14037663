import { relative } from 'node:path'

/** A path as the person would type it: relative below where they stand, absolute elsewhere. */
export function displayPath(from: string, path: string): string {
  const below = relative(from, path)
  return below === '' || below.startsWith('..') ? path : below
}
