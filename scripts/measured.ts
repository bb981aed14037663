/** Percentiles and tables for the benchmarks. Figures are compared only within one run, because machines are noisy. */

import { percentile } from '../packages/core/src/percentile.ts'

export interface Sample {
  readonly p50: number
  readonly p95: number
  readonly p99: number
  readonly n: number
}

/** Returns the percentiles of {@link percentile}; NaN for no values. @param values milliseconds, in any order. */
export function sampleOf(values: readonly number[]): Sample {
  const at = (p: number): number => percentile(values, p) ?? Number.NaN
  return { p50: at(0.5), p95: at(0.95), p99: at(0.99), n: values.length }
}

/** @returns how long `act` takes, in milliseconds. */
export async function time(act: () => Promise<unknown>): Promise<number> {
  const startedMs = performance.now()
  await act()
  return performance.now() - startedMs
}

/** One line of a benchmark's table. */
export interface Row {
  readonly what: string
  readonly measured: string
  readonly baseline: string
  readonly ratio: number | undefined
  readonly budget: string
  readonly met: boolean
}

/** Formats milliseconds: two decimals below 10 ms, else none. */
export function ms(value: number): string {
  return value < 10 ? `${value.toFixed(2)} ms` : `${Math.round(value)} ms`
}

/** Prints rows as an aligned table. A missed budget is displayed and has no other effect. */
export function printRows(title: string, rows: readonly Row[]): void {
  const cells = rows.map((row) => [
    row.met ? 'met' : 'MISSED',
    row.what,
    row.measured,
    row.ratio === undefined ? '' : `${row.ratio.toFixed(2)} x`,
    row.baseline,
    row.budget,
  ])
  const head = ['', 'what', 'measured', 'ratio', 'baseline (same run)', 'budget']
  const widths = head.map((_, i) => Math.max(...[head, ...cells].map((line) => line[i]?.length ?? 0)))
  console.log(`\n${title}`)
  for (const line of [head, ...cells])
    console.log(
      line
        .map((cell, i) => cell.padEnd(widths[i] ?? 0))
        .join('  ')
        .trimEnd(),
    )
}
