import { readFileSync } from 'node:fs'

/** @returns the last useful line of a log, at most 300 characters: the last error if there is one. Undefined without one. */
export function lastLine(file: string): string | undefined {
  const lines = readLines(file).filter(
    (line) => line.trim() !== '' && !/^\s+at |^Node\.js v|^\s*[{}^]/.test(line),
  )
  const useful = lines.findLast((line) => /error|fail|cannot|refused|in use/i.test(line)) ?? lines.at(-1)
  return useful?.trim().slice(0, 300)
}

function readLines(file: string): string[] {
  try {
    return readFileSync(file, 'utf8').split('\n').slice(-200)
  } catch {
    return []
  }
}
