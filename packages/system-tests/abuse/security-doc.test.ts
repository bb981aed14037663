import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'

const ROOT = fileURLToPath(new URL('../../../', import.meta.url))
const read = (path: string): string => readFileSync(`${ROOT}${path}`, 'utf8')

const document = read('docs/security.md')
const rows = document.split('\n').filter((line) => line.startsWith('|') && !/^\|[-|: ]+\|$/.test(line))
const claims = rows
  .map((row) =>
    row
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim()),
  )
  .filter(([first]) => !first?.startsWith('what '))

describe('docs/security.md', () => {
  it('names a defence and a test for every attack', () => {
    expect(claims.length).toBeGreaterThan(35)
    for (const cells of claims) {
      expect(cells).toHaveLength(3)
      expect(cells.every((cell) => cell !== '')).toBe(true)
      expect(cells[2]).toMatch(/^`[\w/.-]+` › \S/)
    }
  })

  it.each(claims.map(([, , shown = '']) => shown))('names a test that exists: %s', (shown) => {
    const [, file = '', name = ''] = /^`([^`]+)` › (.+)$/.exec(shown) ?? []
    const source = read(file)
    // The document has the whole name of an `it`, or the beginning of a name with placeholders.
    const names = [...source.matchAll(/'((?:[^'\\\n]|\\.)+)'/g)].map(([, text]) =>
      text?.replaceAll("\\'", "'"),
    )
    expect(names.some((text) => text === name || text?.startsWith(`${name} `))).toBe(true)
    expect(source).toMatch(/\bit(\.\w+)?\(/)
  })
})
