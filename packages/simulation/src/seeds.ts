/** Many seeds, on as many threads as asked for. */
import { Worker } from 'node:worker_threads'
import type { Batch, Found, Work } from './worker.ts'

export interface Sum {
  seeds: number
  steps: number
  checks: number
  virtualMs: number
  readonly tally: Map<string, number>
  /** The breach of the lowest seed that was found. */
  breach: Found | undefined
  readonly fingerprints: Map<number, number>
}

/**
 * Plays seeds until all are done, or one has found something.
 * @throws Error when a thread fails, as one does whose guard is not where it is thought to be.
 */
export async function playMany(
  work: Omit<Work, 'stride'>,
  threads: number,
  onBatch: (sum: Sum) => void = () => undefined,
): Promise<Sum> {
  const sum: Sum = {
    seeds: 0,
    steps: 0,
    checks: 0,
    virtualMs: 0,
    tally: new Map(),
    fingerprints: new Map(),
    breach: undefined,
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
            if (batch.breach) stopAll()
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

function add(sum: Sum, { seeds, steps, checks, virtualMs, tally, fingerprints, breach }: Batch): void {
  sum.seeds += seeds
  sum.steps += steps
  sum.checks += checks
  sum.virtualMs += virtualMs
  for (const [what, n] of tally) sum.tally.set(what, (sum.tally.get(what) ?? 0) + n)
  for (const [seed, print] of fingerprints) sum.fingerprints.set(seed, print)
  if (breach && (sum.breach === undefined || breach.seed < sum.breach.seed)) sum.breach = breach
}
