import { CHART } from '../copy/first-paint.ts'
import { BLANK, duration } from '../lib/format.ts'
import type { Reading } from '../probe/statistics.ts'

/** Returns the chart as one sentence, its accessible name. @param outagesMs the length of each outage in the window. */
export function chartSummary(p50: Reading, p95: Reading, outagesMs: readonly number[]): string {
  if (p50.value === undefined) return CHART.window + CHART.tooFew
  const tail = p95.value === undefined ? '' : CHART.p95(p95.value)
  const outages = outagesMs.length === 0 ? CHART.noOutage : CHART.outages(outagesMs.map(duration))
  return `${CHART.window}${CHART.median(p50.value)}${tail} milliseconds, ${outages}.`
}

/** Prints a round trip in the table of 5-second buckets, ms. */
export function bucketCell(ms: number | undefined): string {
  return ms === undefined ? BLANK : `${ms < 9.95 ? ms.toFixed(1) : Math.round(ms)} ms`
}
