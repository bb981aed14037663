/** `npm run bench`: the budgets of docs/design.md, as ratios against a baseline of the same run. Nothing here gates. */
import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { printRows } from '../../../scripts/measured.ts'
import { benchClaim } from './claim.ts'
import { benchCluster } from './cluster.ts'
import { benchVisit } from './visit.ts'

const log = console.log
// The handlers log every request; a benchmark's reader wants the table.
console.log = (line: unknown, ...rest: unknown[]) => {
  if (typeof line === 'string' && line.startsWith('{')) return
  log(line, ...rest)
}
// `npm run bench -- --context <name>`: a real cluster beside the local engine; what follows is handed on to `npm start`.
// `npm run bench -- page`: the page alone.
const [flag, context, ...more] = process.argv.slice(2)
if (flag === '--context' && context) printRows(`Visiting ${context}`, await benchCluster(context, more))
else if (flag === 'page') benchPage(context ? [context] : [])
else {
  printRows('Claiming', await benchClaim())
  printRows('Visiting', await benchVisit())
  benchPage([])
}

/** A process of its own: nothing here imports the page. */
function benchPage(parts: readonly string[]): void {
  const bench = fileURLToPath(new URL('../../web/bench/main.ts', import.meta.url))
  const { status } = spawnSync(process.execPath, [bench, ...parts], { stdio: 'inherit' })
  process.exitCode = status ?? 1
}
