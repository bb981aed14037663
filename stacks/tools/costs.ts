/** `npm run costs`: the table of docs/operations.md. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Census, costTable } from './cost-model.ts'

const census = (name: string): Census =>
  JSON.parse(readFileSync(join(import.meta.dirname, `../tests/expected-resources/${name}.json`), 'utf8'))

console.log(
  costTable({
    awake: census('production'),
    asleep: census('asleep'),
    'a personal stage': census('personal'),
  }),
)
