/** Plays many seeds on several threads. */
import { Worker } from 'node:worker_threads'
import type { Batch, ReportedViolation, Work } from './worker.ts'

export interface Totals {
  seeds: number
  steps: number
  checks: number
  virtualMs: number
  readonly tally: Map<string, number>
  /** The violation with the lowest seed. */
  violation: ReportedViolation | undefined
  readonly fingerprints: Map<number, number>
}

/**
 * Plays seeds until all are done, or until a thread finds a violation.
 * @throws Error when a thread fails, for example because the text of a guard does not occur exactly once.
 */
export async function playMany(
  work: Omit<Work, 'stride'>,
  threads: number,
  onBatch: (sum: Totals) => void = () => undefined,
): Promise<Totals> {
  const sum: Totals = {
    seeds: 0,
    steps: 0,
    checks: 0,
    virtualMs: 0,
    tally: new Map(),
    fingerprints: new Map(),
    violation: undefined,
  }
  const workers = Array.from({ length: threads }, (_, i) => {
    const share: Work = { ...work, from: work.from + i, count: work.count - i, stride: threads }
    return new Worker(new URL('./worker.ts', import.meta.url), { workerData: share })
  })
  const stopAll = (): void => {
    for (const worker of workers) void worker.terminate()
  }
  await Promise.all(
    workers.map(
      (worker) =>
        new Promise<void>((resolve, reject) => {
          worker.on('message', (batch: Batch) => {
            add(sum, batch)
            onBatch(sum)
            if (batch.violation) stopAll()
          })
          worker.on('error', (error) => {
            stopAll()
            reject(error)
          })
          worker.on('exit', () => resolve())
        }),
    ),
  )
  return sum
}

function add(sum: Totals, { seeds, steps, checks, virtualMs, tally, fingerprints, violation }: Batch): void {
  sum.seeds += seeds
  sum.steps += steps
  sum.checks += checks
  sum.virtualMs += virtualMs
  for (const [what, n] of tally) sum.tally.set(what, (sum.tally.get(what) ?? 0) + n)
  for (const [seed, print] of fingerprints) sum.fingerprints.set(seed, print)
  if (violation && (sum.violation === undefined || violation.seed < sum.violation.seed))
    sum.violation = violation
}
