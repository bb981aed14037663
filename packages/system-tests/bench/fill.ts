/** Measures the fill of an empty pool: its time, its calls and its memory. Each fill runs in a process of its own. */
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { LIMITS } from '@warm-pods/core/limits.ts'
import { ms, type Row } from '../../../scripts/measured.ts'
import type { Fill } from './fill-process.ts'

const FILLS = [400, 4_000] as const
/** Memory of the refill Lambda (stacks/functions/refill.ts). */
const LAMBDA_BYTES = 2 ** 30

/** Fills a pool in a process of its own. */
async function fill(size: number): Promise<Fill> {
  const child = fork(fileURLToPath(new URL('./fill-process.ts', import.meta.url)), [String(size)])
  const [result] = (await Promise.race([
    once(child, 'message'),
    once(child, 'exit').then(([code]) => {
      throw new Error(`The fill of ${size} slots ended with exit code ${code}.`)
    }),
  ])) as [Fill]
  return result
}

/**
 * Fills an empty pool over engines in memory, whose clock waits move forward. The Jobs cannot be faster than their rate, and each slot
 * needs a Job, its reservation and its mark as warm.
 */
export async function benchFill(): Promise<Row[]> {
  const few = await fill(4)
  const rows: Row[] = []
  for (const size of FILLS) rows.push(...fillRows(size, await fill(size), few))
  return rows
}

function fillRows(
  size: number,
  { bytes, calls, invocations, passes, processorMs, residentBytes, seconds }: Fill,
  few: Fill,
): Row[] {
  const { jobChangesBurst, jobChangesPerSecond, refillEveryMs, refillRunMs } = LIMITS
  const leastSeconds = (size - jobChangesBurst) / jobChangesPerSecond
  /** The rest of each minute in which no invocation runs. */
  const idleSeconds = ((invocations - 1) * (refillEveryMs - refillRunMs)) / 1_000
  const what = `fill 0 to ${size.toLocaleString('en')} slots`
  const total = (counts: Fill['calls']): number => Object.values(counts).reduce((sum, n) => sum + n, 0)
  const mebibytes = (n: number): string => `${Math.round(n / 2 ** 20)} MiB`
  const byName = Object.entries(calls).toSorted(([, one], [, other]) => other - one)
  return [
    {
      what: `${what}: time`,
      measured: `${seconds.toFixed(1)} s, ${invocations} invocations, ${passes} passes, ${ms(processorMs)} of a processor`,
      baseline: `${leastSeconds.toFixed(1)} s by the rate of Jobs, and ${idleSeconds} s without an invocation`,
      ratio: seconds / (leastSeconds + idleSeconds),
      budget: '≤ 1.1 x and 2 s',
      met: seconds <= 1.1 * (leastSeconds + idleSeconds) + 2,
    },
    {
      what: `${what}: calls`,
      measured: `${total(calls)} calls, ${(bytes / 1e6).toFixed(1)} MB: ${byName.map(([name, n]) => `${n} ${name}`).join(', ')}`,
      baseline: `${3 * size} calls`,
      ratio: total(calls) / (3 * size),
      budget: 'none',
      met: true,
    },
    {
      what: `${what}: memory`,
      measured: `${mebibytes(residentBytes)} resident, engines included`,
      baseline: `4 slots: ${mebibytes(few.residentBytes)} resident`,
      ratio: residentBytes / few.residentBytes,
      budget: '≤ 1,024 MiB',
      met: residentBytes <= LAMBDA_BYTES,
    },
  ]
}
