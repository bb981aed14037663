/**
 * `npm run simulate`: ten thousand histories. `--seeds N` for another number, `--from N` for other seeds, `--threads N`.
 * `--seed N` plays one and prints it, in short, or with `--all` in full. `--without <guard>` removes a guard first.
 */
import { availableParallelism } from 'node:os'
import { parseArgs } from 'node:util'
import { GUARDS, type GuardName } from './guards.ts'
import { playMany, type Sum } from './seeds.ts'

const { values } = parseArgs({
  options: {
    seed: { type: 'string' },
    seeds: { type: 'string', default: '10000' },
    from: { type: 'string', default: '1' },
    threads: { type: 'string', default: String(Math.min(2, availableParallelism())) },
    all: { type: 'boolean', default: false },
    without: { type: 'string' },
  },
})

const without = guardNamed(values.without)
if (values.seed === undefined) await many()
else await one(whole('seed', values.seed))

async function one(seed: number): Promise<void> {
  if (without) {
    const { removeGuard } = await import('./guards.ts')
    removeGuard(without)
  }
  const [{ play }, { printed }] = await Promise.all([import('./history.ts'), import('./report/print.ts')])
  const outcome = await play(seed, { records: true })
  for (const line of printed(outcome, values.all)) console.log(line)
  if (outcome.breach) process.exitCode = 1
}

async function many(): Promise<void> {
  const startedMs = performance.now()
  const work = {
    from: whole('from', values.from),
    count: whole('seeds', values.seeds),
    ...(without ? { without } : {}),
  }
  let saidMs = startedMs
  const sum = await playMany(work, whole('threads', values.threads), (sofar) => {
    if (performance.now() - saidMs < 10_000) return
    saidMs = performance.now()
    console.log(`${sofar.seeds} of ${work.count} seeds, ${rate(sofar, startedMs)}`)
  })
  report(sum, startedMs)
  if (!sum.breach) return
  process.exitCode = 1
  console.log(`\nSeed ${sum.breach.seed} breaks invariant ${sum.breach.invariant}:`)
  for (const line of sum.breach.told) console.log(line)
  console.log(`\nnpm run simulate -- --seed ${sum.breach.seed}`)
}

function report(sum: Sum, startedMs: number): void {
  const hours = sum.virtualMs / 3_600_000
  console.log(
    `${sum.seeds} seeds: ${sum.steps} steps, ${sum.checks} checks, ${hours.toFixed(0)} hours of virtual time, ${rate(sum, startedMs)}`,
  )
  const of = (what: RegExp): number =>
    [...sum.tally].filter(([name]) => what.test(name)).reduce((total, [, n]) => total + n, 0)
  console.log(`crashes of Lambdas: ${of(/^crash|lambdasDie/)}; faults injected: ${of(/^(?!crash)/)}`)
  for (const [what, n] of [...sum.tally].sort(([a], [b]) => (a < b ? -1 : 1)))
    console.log(`  ${what.padEnd(24)} ${String(n).padStart(8)}`)
}

function rate(sum: Sum, startedMs: number): string {
  return `${(sum.seeds / ((performance.now() - startedMs) / 1_000)).toFixed(1)} seeds/s`
}

function whole(name: string, text: string): number {
  if (/^\d{1,9}$/.test(text)) return Number(text)
  throw new Error(`--${name} takes a whole number, got ${text}.`)
}

function guardNamed(text: string | undefined): GuardName | undefined {
  if (text === undefined) return undefined
  const found = (Object.keys(GUARDS) as GuardName[]).find((name) => name === text)
  if (!found) throw new Error(`--without takes one of ${Object.keys(GUARDS).join(', ')}, got ${text}.`)
  return found
}
