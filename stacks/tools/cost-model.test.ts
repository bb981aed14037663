import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { type Census, costTable, total, unpriced } from './cost-model.ts'
import prices from './prices.json' with { type: 'json' }

const FOLDER = join(import.meta.dirname, '../tests/expected-resources')
const census = (name: string): Census => JSON.parse(readFileSync(join(FOLDER, `${name}.json`), 'utf8'))
const OPERATIONS = readFileSync(join(import.meta.dirname, '../../docs/operations.md'), 'utf8')

/** The counts themselves are held to what SST makes by stacks/tests/billing.test.ts. */
describe('costs', () => {
  it('every kind of resource that any stage has is priced, or said to be free', () => {
    for (const file of readdirSync(FOLDER))
      expect(unpriced(census(file.replace('.json', ''))), file).toEqual([])
  })

  it('nothing is both', () => {
    expect(Object.keys(prices.resources).filter((type) => type in prices.free)).toEqual([])
  })

  it('the table in docs/operations.md is this one (npm run costs prints it)', () => {
    const table = costTable({
      awake: census('production'),
      asleep: census('asleep'),
      'a personal stage': census('personal'),
    })
    expect(OPERATIONS).toContain(table)
  })

  it('asleep costs less than a cup of coffee, and awake stays within the budget that warns', () => {
    expect(total(census('asleep'))).toBeLessThan(3)
    expect(total(census('production'))).toBeLessThan(150)
    expect(total(census('personal'))).toBeLessThan(2)
  })
})
