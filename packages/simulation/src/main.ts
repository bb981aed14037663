/**
 * `npm run simulate` plays ten thousand histories: `--seeds N` of them, from seed `--from N` on, with `--threads N`.
 * `--seed N` plays one history and prints a summary, or with `--all` every line. `--without <guard>` removes a guard
 * first. `--guards` removes each guard in turn and prints the first seed that violates its rule.
 */
import { availableParallelism } from 'node:os'
import { parseArgs } from 'node:util'
import { GUARDS, type GuardName } from './guards.ts'
import { nameOfRule } from './invariants/violations.ts'
import { playMany, type Totals } from './seeds.ts'

const { values } = parseArgs({
  options: {
    seed: { type: 'string' },
    seeds: { type: 'string', default: '10000' },
    from: { type: 'string', default: '1' },
    threads: { type: 'string', default: String(Math.min(2, availableParallelism())) },
    all: { type: 'boolean', default: false },
    without: { type: 'string' },
    guards: { type: 'boolean', default: false },
  },
})

const without = guardNamed(values.without)
if (values.guards) await playGuards()
else if (values.seed === undefined) await playSeeds()
else await playOne(wholeNumber('seed', values.seed))

async function playOne(seed: number): Promise<void> {
  if (without) {
    const { removeGuard } = await import('./guards.ts')
    removeGuard(without)
  }
  const [{ play }, { formatOutcome }] = await Promise.all([
    import('./history.ts'),
    import('./report/print.ts'),
  ])
  const outcome = await play(seed, { records: true })
  for (const line of formatOutcome(outcome, values.all)) console.log(line)
  if (outcome.violation) process.exitCode = 1
}

async function playSeeds(): Promise<void> {
  const startedMs = performance.now()
  const work = {
    from: wholeNumber('from', values.from),
    count: wholeNumber('seeds', values.seeds),
    ...(without ? { without } : {}),
  }
  let loggedMs = startedMs
  const sum = await playMany(work, wholeNumber('threads', values.threads), (soFar) => {
    if (performance.now() - loggedMs < 10_000) return
    loggedMs = performance.now()
    console.log(`${soFar.seeds} of ${work.count} seeds, ${rate(soFar, startedMs)}`)
  })
  report(sum, startedMs)
  if (!sum.violation) return
  process.exitCode = 1
  console.log(`\nSeed ${sum.violation.seed} violates ${nameOfRule(sum.violation.invariant)}:`)
  for (const line of sum.violation.lines) console.log(line)
  console.log(`\nnpm run simulate -- --seed ${sum.violation.seed}`)
}

async function playGuards(): Promise<void> {
  for (const [name, { violates, within }] of Object.entries(GUARDS)) {
    const work = { from: 1, count: within, without: name as GuardName, only: violates }
    const { violation } = await playMany(work, 1)
    console.log(`  ${name}: ${violation?.seed},`)
    if (!violation) process.exitCode = 1
  }
}

function report(sum: Totals, startedMs: number): void {
  const hours = sum.virtualMs / 3_600_000
  console.log(
    `${sum.seeds} seeds: ${sum.steps} steps, ${sum.checks} checks, ${hours.toFixed(0)} hours of virtual time, ${rate(sum, startedMs)}`,
  )
  const countOf = (what: RegExp): number =>
    [...sum.tally].filter(([name]) => what.test(name)).reduce((total, [, n]) => total + n, 0)
  console.log(
    `Lambda crashes: ${countOf(/^crash|lambdasDie/)}; other injected faults: ${countOf(/^(?!crash)/)}`,
  )
  for (const [what, n] of [...sum.tally].sort(([a], [b]) => (a < b ? -1 : 1)))
    console.log(`  ${what.padEnd(24)} ${String(n).padStart(8)}`)
}

function rate(sum: Totals, startedMs: number): string {
  return `${(sum.seeds / ((performance.now() - startedMs) / 1_000)).toFixed(1)} seeds/s`
}

function wholeNumber(name: string, text: string): number {
  if (/^\d{1,9}$/.test(text)) return Number(text)
  throw new Error(`Expected --${name} to be a whole number, got ${text}.`)
}

function guardNamed(text: string | undefined): GuardName | undefined {
  if (text === undefined) return undefined
  const found = (Object.keys(GUARDS) as GuardName[]).find((name) => name === text)
  if (!found)
    throw new Error(`Expected --without to be one of ${Object.keys(GUARDS).join(', ')}, got ${text}.`)
  return found
}
