import { readFileSync } from 'node:fs'

/** The last line of a log that a person can use, shortened; undefined when there is none. */
export function lastLine(file: string): string | undefined {
  const lines = readLines(file).filter(
    (line) => line.trim() !== '' && !/^\s+at |^Node\.js v|^\s*[{}^]/.test(line),
  )
  const telling = lines.findLast((line) => /error|fail|cannot|refused|in use/i.test(line)) ?? lines.at(-1)
  return telling?.trim().slice(0, 300)
}

function readLines(file: string): string[] {
  try {
    return readFileSync(file, 'utf8').split('\n').slice(-200)
  } catch {
    return []
  }
}
