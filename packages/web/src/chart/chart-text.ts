import { CHART } from '../copy/first-paint.ts'
import { BLANK, duration, inMillis, millis } from '../lib/format.ts'
import { type Frame, WINDOW_MS } from '../probe/protocol.ts'
import { type CurrentOutage, gapsOf } from './outages.ts'

/**
 * Returns the chart as one sentence, its accessible name. It covers the whole frame, like the numbers in it, also where a
 * narrow chart draws less.
 */
export function chartSummary(frame: Frame, current: CurrentOutage | undefined): string {
  const { p50, p95 } = frame.statistics
  const window = CHART.window(WINDOW_MS / 1_000)
  if (p50.value === undefined) return window + CHART.tooFew
  const outagesMs = gapsOf(frame, current).map(({ fromMs, toMs }) => (toMs ?? frame.atMs) - fromMs)
  const tail = p95.value === undefined ? '' : CHART.p95(p95.value)
  const outages = outagesMs.length === 0 ? CHART.noOutage : CHART.outages(outagesMs.map(duration))
  return `${window}${CHART.median(p50.value)}${tail} milliseconds, ${outages}.`
}

/** Prints a round trip in the table of 5-second buckets, ms. */
export function bucketCell(ms: number | undefined): string {
  if (ms === undefined) return BLANK
  return inMillis(ms) ? `${millis(ms)} ms` : duration(ms)
}
