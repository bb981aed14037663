/** A worker thread that plays seeds and reports each batch. With a guard removed, it looks for the first violation. */
import { parentPort, workerData } from 'node:worker_threads'
import type { GuardName } from './guards.ts'
import type { Violation } from './invariants/violations.ts'

export interface Work {
  readonly from: number
  readonly count: number
  /** This thread plays every seed at this distance. */
  readonly stride: number
  readonly without?: GuardName
  readonly only?: Violation['invariant']
}

/** A violation, and the printed history that leads to it. */
export interface ReportedViolation extends Violation {
  readonly seed: number
  readonly lines: readonly string[]
}

/** The totals of some seeds. The first violation ends the thread. */
export interface Batch {
  readonly seeds: number
  readonly steps: number
  readonly checks: number
  readonly virtualMs: number
  readonly tally: readonly (readonly [string, number])[]
  /** Each seed's `Outcome.fingerprint`. */
  readonly fingerprints: readonly (readonly [seed: number, number])[]
  readonly violation?: ReportedViolation
}

const BATCH = 25

const { from, count, stride, without, only } = workerData as Work
if (without) {
  const { removeGuard } = await import('./guards.ts')
  removeGuard(without)
}
const [{ play }, { formatOutcome }] = await Promise.all([import('./history.ts'), import('./report/print.ts')])

let seeds = 0
let [steps, checks, virtualMs] = [0, 0, 0]
let tally = new Map<string, number>()
let fingerprints: [number, number][] = []

function report(violation?: ReportedViolation): void {
  const batch: Batch = {
    seeds,
    steps,
    checks,
    virtualMs,
    tally: [...tally],
    fingerprints,
    ...(violation ? { violation } : {}),
  }
  parentPort?.postMessage(batch)
  seeds = 0
  ;[steps, checks, virtualMs] = [0, 0, 0]
  tally = new Map()
  fingerprints = []
}

for (let seed = from; seed < from + count; seed += stride) {
  const options = only === undefined ? {} : { only }
  const outcome = await play(seed, options)
  fingerprints.push([seed, outcome.fingerprint])
  seeds++
  steps += outcome.steps
  checks += outcome.checks
  virtualMs += outcome.virtualMs
  for (const [what, n] of outcome.tally) tally.set(what, (tally.get(what) ?? 0) + n)
  if (outcome.violation) {
    const again = await play(seed, { ...options, records: true })
    report({ seed, ...outcome.violation, lines: formatOutcome(again) })
    break
  }
  if (seeds === BATCH) report()
}
if (seeds > 0) report()
