/**
 * `npm run bench -- page`: the budgets of the page, each beside a baseline of the same run, in less than three minutes.
 * `npm run bench -- page heap` runs one part for longer. `day`, which draws the frames of eight hours, runs only by name. With
 * `BEFORE=<folder>`, the built page of another commit is the baseline of `commits` and `reaching`. It only prints, because a
 * busy machine would fail a gate.
 */
import { printRows, type Row } from '../../../scripts/measured.ts'
import { startMock } from '../tests/_mock-server.ts'
import buildSite, { SITE } from '../tests/build.ts'
import { FULL, QUICK } from './depth.ts'
import { benchCommits, benchError, benchHeap } from './drawing.ts'
import { benchReaching } from './reaching.ts'
import { benchWeight } from './weight.ts'

const only = process.argv[2]
const depth = only === undefined ? QUICK : FULL
depth.say('building the page')
await buildSite()
const OPTIONS = { startMs: 300, backoffMs: 500, cap: 1_000 }
await using mock = await startMock(SITE, OPTIONS)
const folder = process.env['BEFORE']
await using before = folder ? await startMock(folder, OPTIONS) : undefined
const MEASUREMENTS: Record<string, () => Promise<Row[]>> = {
  weight: benchWeight,
  reaching: () => benchReaching(depth, mock, before),
  error: () => benchError(depth, mock),
  commits: () => benchCommits(depth, mock, before),
  heap: () => benchHeap(depth, mock, { minutes: only === undefined ? 5 : 60, points: 240 }),
  day: () => benchHeap(depth, mock, { minutes: 8 * 60, points: 60 }),
}
if (only !== undefined && !(only in MEASUREMENTS))
  throw new Error(`Expected one of ${Object.keys(MEASUREMENTS).join(', ')}, got ${only}.`)
const names = Object.keys(MEASUREMENTS).filter((name) =>
  only === undefined ? name !== 'day' : only === name,
)
const rows: Row[] = []
for (const [i, name] of names.entries()) {
  depth.say(`${i + 1} of ${names.length}: ${name}`)
  rows.push(...((await MEASUREMENTS[name]?.()) ?? []))
}
depth.say('done')
printRows('The page', rows)
