import { percentile } from '@warm-pods/core/percentile.ts'
import type { Frame } from '../probe/protocol.ts'

/** A row of the table: five seconds of the chart. */
export interface Bucket {
  /** The bucket ends this many seconds before the frame. */
  readonly endsAgo: number
  readonly medianMs: number | undefined
  readonly maxMs: number | undefined
  readonly unanswered: number
  readonly due: number
}

const WIDTH_S = 5

/** Returns the window in buckets of 5 s, newest first. Pings that are pending, or were skipped in sleep, are not due. */
export function bucketsOf(frame: Frame, seconds = 60): Bucket[] {
  return Array.from({ length: seconds / WIDTH_S }, (_, i) => {
    const toMs = frame.atMs - i * WIDTH_S * 1_000
    const fromMs = toMs - WIDTH_S * 1_000
    const due = frame.points.filter(
      ({ dueMs, state }) =>
        dueMs > fromMs && dueMs <= toMs && (state === 'answered' || state === 'unanswered'),
    )
    const rtts = due.flatMap(({ rttMs }) => (rttMs === null ? [] : [rttMs]))
    return {
      endsAgo: i * WIDTH_S,
      medianMs: percentile(rtts, 0.5),
      maxMs: percentile(rtts, 1),
      unanswered: due.length - rtts.length,
      due: due.length,
    }
  })
}
