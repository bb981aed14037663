import type { Frame, Gap, Point } from '../probe/protocol.ts'
import type { Recovery } from '../visit/state/recovery.ts'

/** Pods take turns in this many colours. */
export const COLOURS = 4

/** A row of the chart: seconds before now (negative), and the round trip under the colour of its pod. */
export interface Row {
  readonly x: number
  readonly c0?: number
  readonly c1?: number
  readonly c2?: number
  readonly c3?: number
}
export type LineKey = 'c0' | 'c1' | 'c2' | 'c3'
export const LINE_KEYS: readonly LineKey[] = ['c0', 'c1', 'c2', 'c3']

/** Where a pod died, and how long nobody answered. */
export interface KillMark {
  readonly atMs: number
  readonly x: number
  readonly label: string
}
export interface GapMark {
  readonly fromMs: number
  readonly fromX: number
  readonly toX: number
  readonly ms: number
  readonly open: boolean
}

export interface Picture {
  readonly rows: readonly Row[]
  /** The lines that have points, and only those: an empty line costs as much as a full one. */
  readonly keys: readonly LineKey[]
  readonly kills: readonly KillMark[]
  readonly gaps: readonly GapMark[]
  readonly p50: number | undefined
}

/** The colour of an epoch's pod, 0 to 3. */
export function colourOf(epoch: number): number {
  return (((epoch - 1) % COLOURS) + COLOURS) % COLOURS
}

/** An outage that goes on, as much of it as is drawn. */
export interface Dying {
  readonly atMs: number
  readonly alias: string
  readonly byClick: boolean
}

/** What the chart draws of a frame. @param seconds width of the window. */
export function pictureOf(
  frame: Frame,
  recoveries: readonly Recovery[],
  dying: Dying | undefined,
  seconds: number,
): Picture {
  const xOf = (ms: number) => (ms - frame.atMs) / 1_000
  const rows: Row[] = []
  const seen = new Set<LineKey>()
  for (const point of frame.points) {
    const x = xOf(point.dueMs)
    if (x < -seconds - 1 || point.state === 'waiting') continue
    rows.push(rowOf(point, x, seen))
  }
  return {
    rows,
    keys: LINE_KEYS.filter((key) => seen.has(key)),
    kills: [...recoveries.map(dyingOf), ...(dying ? [dying] : [])]
      .filter(({ byClick }) => byClick)
      .map(({ atMs, alias }) => ({ atMs, x: xOf(atMs), label: alias }))
      .filter(({ x }) => x > -seconds && x <= 0),
    gaps: gapsOf(frame, dying)
      .map(({ fromMs, toMs }) => ({
        fromMs,
        fromX: Math.max(-seconds, xOf(fromMs)),
        toX: toMs === null ? 0 : xOf(toMs),
        ms: (toMs ?? frame.atMs) - fromMs,
        open: toMs === null,
      }))
      .filter(({ fromX, toX }) => toX > -seconds && fromX <= 0),
    p50: frame.statistics.p50.value,
  }
}

function dyingOf({ outage }: Recovery): Dying {
  return { atMs: outage.atMs, alias: outage.of.pod.alias, byClick: outage.cause === 'click' }
}

/** The worker's gaps, and the one it cannot know of yet: from the click on, nobody expects an answer. */
function gapsOf(frame: Frame, dying: Dying | undefined): readonly Gap[] {
  if (!dying || frame.gaps.some(({ toMs }) => toMs === null)) return frame.gaps
  const answered = frame.points.findLast(({ rttMs }) => rttMs !== null)
  const fromMs = Math.max(dying.atMs, (answered?.dueMs ?? 0) + (answered?.rttMs ?? 0))
  return [...frame.gaps, { fromMs, toMs: null }]
}

function rowOf(point: Point, x: number, seen: Set<LineKey>): Row {
  // A row without a value breaks the line: nothing is drawn that nobody measured.
  if (point.rttMs === null) return { x }
  const key = LINE_KEYS[colourOf(point.pod)] ?? 'c0'
  seen.add(key)
  return { x, [key]: point.rttMs }
}

/** Space around the plot, px; the same for both drawings, so that one can replace the other without a jump. */
export const MARGIN = { top: 40, right: 20, bottom: 26, left: 46 } as const

/** `60 s ago` … `now`, one label for each quarter of the window. */
export function timeTicks(seconds: number): number[] {
  return [1, 0.75, 0.5, 0.25, 0].map((share) => -share * seconds)
}

export function timeLabel(x: number): string {
  if (x === 0) return 'now'
  return `${Number((-x).toFixed(1))} s`
}

/** A value of the Y axis, with as many decimals as its step needs. */
export function valueLabel(value: number, top: number): string {
  return top < 4 ? value.toFixed(1) : String(Math.round(value * 10) / 10)
}
