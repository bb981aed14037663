import { globSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'
import { generatedFiles } from './generated-files.ts'

const FOLDER = fileURLToPath(new URL('../../../k8s/monitoring/', import.meta.url))
const files = Object.entries(generatedFiles())

it.each(files)(
  'k8s/monitoring/%s is current; `npx vitest run packages/monitoring --update` writes it',
  async (path, text) => {
    await expect(text).toMatchFileSnapshot(`${FOLDER}${path}`)
  },
)

it('leaves no file of a board that does not exist', () => {
  const found = globSync('grafana/boards/*.json', { cwd: FOLDER })
  expect(found.sort()).toEqual(
    files
      .map(([path]) => path)
      .filter((path) => path.startsWith('grafana/'))
      .sort(),
  )
})
