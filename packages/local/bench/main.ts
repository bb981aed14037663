/** `npm run bench`: the budgets of docs/design.md, as ratios against a baseline of the same run. Nothing here gates. */
import { benchClaim } from './claim.ts'
import { benchCluster } from './cluster.ts'
import { printRows } from './measure.ts'
import { benchVisit } from './visit.ts'

const log = console.log
// The handlers log every request; a benchmark's reader wants the table.
console.log = (line: unknown, ...rest: unknown[]) => {
  if (typeof line === 'string' && line.startsWith('{')) return
  log(line, ...rest)
}
// `npm run bench -- --context <name>`: a real cluster beside the local engine; what follows is handed on to `npm start`.
const [flag, context, ...more] = process.argv.slice(2)
if (flag === '--context' && context) printRows(`Visiting ${context}`, await benchCluster(context, more))
else {
  printRows('Claiming', await benchClaim())
  printRows('Visiting', await benchVisit())
}
