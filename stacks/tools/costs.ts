/** `npm run costs`: prints the cost table of docs/operations.md. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { costTable, type ResourceCounts } from './cost-model.ts'

const countsOf = (name: string): ResourceCounts =>
  JSON.parse(readFileSync(join(import.meta.dirname, `../tests/expected-resources/${name}.json`), 'utf8'))

console.log(
  costTable({
    awake: countsOf('production'),
    asleep: countsOf('asleep'),
    'a personal stage': countsOf('personal'),
  }),
)
