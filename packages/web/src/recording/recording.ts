import type { HowToDie, HowToRecover } from '@warm-pods/core/api/contracts.ts'
import type { Frame, Gap, Point, ToldBy } from '../probe/protocol.ts'
import type { Leg } from '../visit/state/legs.ts'
import type { Recovery } from '../visit/state/recovery.ts'

/** A kill and the minute around it, reduced to the data of a link. Times of the chart are ms after the click. */
export interface Recording {
  readonly simulated: boolean
  /** The click, ms since 1970, cut to whole seconds. */
  readonly clickedMs: number
  readonly cause: 'click' | 'itself'
  readonly how: HowToDie | undefined
  readonly recover: HowToRecover
  readonly toldBy: ToldBy | undefined
  /** The aliases of the pod that died and of its replacement. */
  readonly died: string
  readonly tookOver: string
  readonly legs: readonly Leg[]
  readonly downMs: number | undefined
  readonly lost: number
  readonly healMs: number | undefined
  readonly poolRecoveredMs: number | undefined
  readonly points: readonly Point[]
  readonly gaps: readonly Gap[]
}

/** A recording keeps the newest gaps, at most this many. */
const GAPS_MAX = 40

/** Returns the recording of a recovery and a frame of the chart. Pods are counted from 1, the first one in the frame. */
export function recordingOf(recovery: Recovery, frame: Frame, simulated: boolean): Recording {
  const { outage, to } = recovery
  const first = frame.points[0]?.pod ?? 1
  return {
    simulated,
    clickedMs: Math.floor(outage.atMs / 1_000) * 1_000,
    cause: outage.cause,
    how: outage.how,
    recover: outage.recover,
    toldBy: outage.toldBy,
    died: outage.of.pod.alias,
    tookOver: to.pod.alias,
    legs: recovery.legs,
    downMs: recovery.downMs,
    // An interrupted recovery is never recorded.
    lost: recovery.lost ?? 0,
    healMs: recovery.healMs,
    poolRecoveredMs: recovery.poolRecoveredMs,
    points: frame.points
      .filter(({ state }) => state !== 'waiting')
      .map((point) => ({
        ...point,
        dueMs: point.dueMs - outage.atMs,
        pod: Math.max(1, point.pod - first + 1),
      })),
    gaps: frame.gaps.slice(-GAPS_MAX).map(({ fromMs, toMs }) => ({
      fromMs: fromMs - outage.atMs,
      toMs: toMs === null ? null : toMs - outage.atMs,
    })),
  }
}

/** Returns the time from the click to the first pong of the next pod, ms. */
export function totalOf({ legs }: Pick<Recording, 'legs'>): number {
  return legs.reduce((sum, { ms }) => sum + ms, 0)
}
