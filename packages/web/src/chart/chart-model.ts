import type { Frame, Point } from '../probe/protocol.ts'
import type { Recovery } from '../visit/state/recovery.ts'
import { type CurrentOutage, colourOf, gapsOf } from './outages.ts'

/** A row of the chart: seconds before now (negative), and the round trip in ms under the key of its pod's colour. */
interface Row {
  readonly x: number
  readonly c0?: number
  readonly c1?: number
  readonly c2?: number
  readonly c3?: number
}
export type LineKey = 'c0' | 'c1' | 'c2' | 'c3'
export const LINE_KEYS: readonly LineKey[] = ['c0', 'c1', 'c2', 'c3']

/** The vertical line where the visitor killed a pod. */
export interface KillMark {
  readonly atMs: number
  /** Seconds before now, negative. */
  readonly x: number
  /** The pod's name; undefined when the name of the kill before it is too close. */
  readonly label: string | undefined
}

/** The hatched area of an outage: from the last pong of one pod to the first pong of the next. */
export interface GapMark {
  readonly fromMs: number
  /** Seconds before now, negative. */
  readonly fromX: number
  readonly toX: number
  readonly ms: number
  /** The outage still lasts. */
  readonly open: boolean
}

/** Everything that the chart draws of one frame. */
export interface ChartData {
  readonly rows: readonly Row[]
  /** The lines that have points. An empty line costs as much time as a full one, so it is left out. */
  readonly keys: readonly LineKey[]
  readonly kills: readonly KillMark[]
  readonly gaps: readonly GapMark[]
  /** ms */
  readonly p50: number | undefined
}

/** The size of the chart and the span of its axes. */
export interface Plot {
  /** px */
  readonly width: number
  /** px */
  readonly height: number
  /** Span of the X axis, which ends now. */
  readonly seconds: number
  /** Top of the Y axis, ms. */
  readonly top: number
}

/** Two names closer than this share of the window would overlap. */
const LABEL_SHARE = 1 / 7

/** Returns the rows and marks of a frame. @param seconds width of the window. */
export function chartDataOf(
  frame: Frame,
  recoveries: readonly Recovery[],
  current: CurrentOutage | undefined,
  seconds: number,
): ChartData {
  const xOf = (ms: number) => (ms - frame.atMs) / 1_000
  const rows: Row[] = []
  const seen = new Set<LineKey>()
  for (const point of frame.points) {
    const x = xOf(point.dueMs)
    if (x < -seconds - 1 || point.state === 'waiting') continue
    rows.push(rowOf(point, x, seen))
  }
  return {
    // Recharts' store freezes its data deeply, row by row, unless the array is already frozen.
    rows: Object.freeze(rows),
    keys: LINE_KEYS.filter((key) => seen.has(key)),
    kills: [...recoveries.map(outageOf), ...(current ? [current] : [])]
      .filter(({ byClick }) => byClick)
      .map(({ atMs, alias }) => ({ atMs, x: xOf(atMs), label: alias }))
      .filter(({ x }) => x > -seconds && x <= 0)
      .map((mark, i, marks) => ({
        ...mark,
        label:
          Math.abs(mark.x - (marks[i - 1]?.x ?? -Infinity)) > seconds * LABEL_SHARE ? mark.label : undefined,
      })),
    gaps: gapsOf(frame, current)
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

function outageOf({ outage }: Recovery): CurrentOutage {
  return { atMs: outage.atMs, alias: outage.of.pod.alias, byClick: outage.cause === 'click' }
}

function rowOf(point: Point, x: number, seen: Set<LineKey>): Row {
  // A row without a value breaks the line where no round trip was measured.
  if (point.rttMs === null) return { x }
  const key = LINE_KEYS[colourOf(point.pod)] ?? 'c0'
  seen.add(key)
  return { x, [key]: point.rttMs }
}

/** Space around the plot, px. */
export const MARGIN = { top: 40, right: 20, bottom: 26, left: 46 } as const

/** Returns five values from the start of the window to now, in seconds before now. */
export function timeTicks(seconds: number): number[] {
  return [1, 0.75, 0.5, 0.25, 0].map((share) => -share * seconds)
}

/** Prints `60 s` … `now`. @param x seconds before now, negative. */
export function timeLabel(x: number): string {
  if (x === 0) return 'now'
  return `${Number((-x).toFixed(1))} s`
}

/** Prints a value of the Y axis, ms, with as many decimals as its step needs. */
export function valueLabel(value: number, top: number): string {
  return top < 4 ? value.toFixed(1) : String(Math.round(value * 10) / 10)
}
