/**
 * The program behind `npm run bench`: measures the budgets of docs/design.md, as ratios to a baseline of the same run. A missed
 * budget does not fail the command.
 *
 * `npm run bench -- --context <name>` compares a real cluster with the local Kubernetes; further flags go to `npm start`.
 * `npm run bench -- cold` measures only the first claim of a fresh process of the api Lambda.
 * `npm run bench -- page` measures only the page, and `npm run bench -- visits` only visits in Chromium.
 * `BEFORE=<folder> npm run bench -- visits` compares with the built page of another commit.
 * `npm run bench -- burst` measures 20 claims at once, with and without refill's delay after a claim. Further flags go to `npm start`.
 * `npm run bench -- claim` measures only the warm claim, and `npm run bench -- scale` the same by the size of the pool.
 * `npm run bench -- fill` fills empty pools of 400 and 4,000 slots over engines in memory.
 * `npm run bench -- day` simulates a day of visitors, and compares pools of a fixed and of a variable size.
 * `npm run bench -- far` measures a visitor behind delaying proxies; `BEFORE=<checkout>` compares with its page.
 */
import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { printRows } from '../../../scripts/measured.ts'
import { benchBurst } from './burst.ts'
import { benchClaim } from './claim.ts'
import { benchCluster } from './cluster.ts'
import { benchColdStart } from './cold-start.ts'
import { benchDay } from './day.ts'
import { benchFar } from './far/far.ts'
import { benchFill } from './fill.ts'
import { benchScale } from './scale.ts'
import { benchVisit } from './visit.ts'

const log = console.log
// The handlers log every request as JSON. Those lines are dropped from the output.
console.log = (line: unknown, ...rest: unknown[]) => {
  if (typeof line === 'string' && line.startsWith('{')) return
  log(line, ...rest)
}
const [flag, ...args] = process.argv.slice(2)
const [context, ...more] = args
if (flag === '--context' && context) printRows(`Visits to ${context}`, await benchCluster(context, more))
else if (flag === 'cold') printRows('Cold start', await benchColdStart())
else if (flag === 'page') benchPage(context ? [context] : [])
else if (flag === 'visits') printRows('Visits', await benchVisit())
else if (flag === 'far') await benchFar()
else if (flag === 'burst') printRows('Bursts', await benchBurst(args))
else if (flag === 'claim') printRows('Claims', await benchClaim())
else if (flag === 'day') benchDay()
else if (flag === 'fill') printRows('Fills', await benchFill())
else if (flag === 'scale') printRows('Scale', await benchScale())
else {
  printRows('Claims', await benchClaim())
  printRows('Cold start', await benchColdStart())
  printRows('Visits', await benchVisit())
  benchPage([])
}

/** Runs in its own process, because this package does not import the page. */
function benchPage(names: readonly string[]): void {
  const bench = fileURLToPath(new URL('../../web/bench/main.ts', import.meta.url))
  const { status } = spawnSync(process.execPath, [bench, ...names], { stdio: 'inherit' })
  process.exitCode = status ?? 1
}
