/**
 * `npm run bench -- page`: the budgets of the page, each beside a baseline of the same run. `npm run bench -- page heap`
 * runs one part. `day`, which draws the frames of eight hours, runs only by name. With `BEFORE=<folder>`, the built page of another commit is the baseline of `commits` and `reaching`. It only
 * prints, because a busy machine would fail a gate.
 */
import { printRows, type Row } from '../../../scripts/measured.ts'
import { startMock } from '../tests/_mock-server.ts'
import buildSite, { SITE } from '../tests/build.ts'
import { benchCommits, benchError, benchHeap } from './drawing.ts'
import { benchReaching } from './reaching.ts'
import { benchWeight } from './weight.ts'

await buildSite()
const OPTIONS = { startMs: 300, backoffMs: 500, cap: 1_000 }
await using mock = await startMock(SITE, OPTIONS)
const folder = process.env['BEFORE']
await using before = folder ? await startMock(folder, OPTIONS) : undefined
const MEASUREMENTS: Record<string, () => Promise<Row[]>> = {
  weight: benchWeight,
  reaching: () => benchReaching(mock, before),
  error: () => benchError(mock),
  commits: () => benchCommits(mock, before),
  heap: () => benchHeap(mock, { hours: 1, points: 240 }),
  day: () => benchHeap(mock, { hours: 8, points: 60 }),
}
const only = process.argv[2]
if (only !== undefined && !(only in MEASUREMENTS))
  throw new Error(`Expected one of ${Object.keys(MEASUREMENTS).join(', ')}, got ${only}.`)
const rows: Row[] = []
for (const [name, measure] of Object.entries(MEASUREMENTS))
  if (only === undefined ? name !== 'day' : only === name) rows.push(...(await measure()))
printRows('The page', rows)
