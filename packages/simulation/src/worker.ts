/** A thread that plays seeds and tells of each batch; or looks for the first breach that the removal of a guard brings. */
import { parentPort, workerData } from 'node:worker_threads'
import type { GuardName } from './guards.ts'
import type { Breach } from './invariants/violations.ts'

export interface Work {
  readonly from: number
  readonly count: number
  /** Every so many seeds is this thread's. */
  readonly stride: number
  readonly without?: GuardName
  readonly only?: Breach['invariant']
}

/** A breach, and the history that leads to it, as people read it. */
export interface Found extends Breach {
  readonly seed: number
  readonly told: readonly string[]
}

/** What some seeds came to; the first breach ends the thread's work. */
export interface Batch {
  readonly seeds: number
  readonly steps: number
  readonly checks: number
  readonly virtualMs: number
  readonly tally: readonly (readonly [string, number])[]
  /** What the chance of each seed came to in the end: it differs when anything happened differently. */
  readonly fingerprints: readonly (readonly [seed: number, number])[]
  readonly breach?: Found
}

const BATCH = 25

const { from, count, stride, without, only } = workerData as Work
if (without) {
  const { removeGuard } = await import('./guards.ts')
  removeGuard(without)
}
const [{ play }, { printed }] = await Promise.all([import('./history.ts'), import('./report/print.ts')])

let seeds = 0
let [steps, checks, virtualMs] = [0, 0, 0]
let tally = new Map<string, number>()
let fingerprints: [number, number][] = []

function tell(breach?: Found): void {
  const batch: Batch = {
    seeds,
    steps,
    checks,
    virtualMs,
    tally: [...tally],
    fingerprints,
    ...(breach ? { breach } : {}),
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
  if (outcome.breach) {
    const again = await play(seed, { ...options, records: true })
    tell({ seed, ...outcome.breach, told: printed(again) })
    break
  }
  if (seeds === BATCH) tell()
}
if (seeds > 0) tell()
