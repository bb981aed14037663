/** The part of the chart's data that the page needs before the chart is loaded. */
import type { Frame, Gap } from '../probe/protocol.ts'

/** Pods take turns in this many colours. */
const COLOURS = 4

/** Returns the colour of an epoch's pod, 0 to 3. */
export function colourOf(epoch: number): number {
  return (((epoch - 1) % COLOURS) + COLOURS) % COLOURS
}

/** The part of a current outage that the chart draws. */
export interface CurrentOutage {
  readonly atMs: number
  readonly alias: string
  readonly byClick: boolean
}

/** Returns the worker's gaps and the gap of the current outage, which the page knows before the worker. */
export function gapsOf(frame: Frame, current: CurrentOutage | undefined): readonly Gap[] {
  if (!current || frame.gaps.some(({ toMs }) => toMs === null)) return frame.gaps
  const answered = frame.points.findLast(({ rttMs }) => rttMs !== null)
  const fromMs = Math.max(current.atMs, (answered?.dueMs ?? 0) + (answered?.rttMs ?? 0))
  return [...frame.gaps, { fromMs, toMs: null }]
}
