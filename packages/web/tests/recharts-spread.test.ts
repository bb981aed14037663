import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { withFastSpread } from '../build/recharts-spread.ts'

describe(withFastSpread, () => {
  it('finds the helper in the files of Recharts that draw each frame', async () => {
    const recharts = join(dirname(createRequire(import.meta.url).resolve('recharts/package.json')), 'es6')
    for (const file of ['cartesian/Line.js', 'cartesian/CartesianGrid.js', 'cartesian/ReferenceLine.js']) {
      const code = await readFile(join(recharts, file), 'utf8')
      expect(code, file).toContain('getOwnPropertyDescriptors')
      expect(withFastSpread(code), file).not.toContain('getOwnPropertyDescriptors')
    }
  })

  it('leaves other code alone', () => {
    expect(withFastSpread('const a = { ...b }\n')).toBeUndefined()
  })
})
