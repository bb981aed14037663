import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { costTable, type ResourceCounts, total, unpriced } from './cost-model.ts'
import prices from './prices.json' with { type: 'json' }

const FOLDER = join(import.meta.dirname, '../tests/expected-resources')
const countsOf = (name: string): ResourceCounts =>
  JSON.parse(readFileSync(join(FOLDER, `${name}.json`), 'utf8'))
const OPERATIONS = readFileSync(join(import.meta.dirname, '../../docs/operations.md'), 'utf8')

/** stacks/tests/billing.test.ts compares the counts with the resources that SST would create. */
describe('costs', () => {
  it('every resource type of every stage is priced or listed as free', () => {
    for (const file of readdirSync(FOLDER))
      expect(unpriced(countsOf(file.replace('.json', ''))), file).toEqual([])
  })

  it('no resource type is both priced and free', () => {
    expect(Object.keys(prices.resources).filter((type) => type in prices.free)).toEqual([])
  })

  it('docs/operations.md has the table that npm run costs prints', () => {
    const table = costTable({
      awake: countsOf('production'),
      asleep: countsOf('asleep'),
      'a personal stage': countsOf('personal'),
    })
    expect(OPERATIONS).toContain(table)
  })

  it('a stage costs under $3 a month asleep, $150 awake, and $2 as a personal stage', () => {
    expect(total(countsOf('asleep'))).toBeLessThan(3)
    expect(total(countsOf('production'))).toBeLessThan(150)
    expect(total(countsOf('personal'))).toBeLessThan(2)
  })
})
