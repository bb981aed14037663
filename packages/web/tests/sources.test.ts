import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'
import { BOXES } from '../src/copy/diagram.ts'

it('the diagram links only to files that are there', () => {
  const files = Object.values(BOXES).flatMap(({ file }) => Object.values(file))
  expect(files.length).toBeGreaterThan(9)
  for (const file of files)
    expect(existsSync(fileURLToPath(new URL(`../../../${file}`, import.meta.url))), file).toBe(true)
})
