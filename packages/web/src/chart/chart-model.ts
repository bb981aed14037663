import type { Frame, Point } from '../probe/protocol.ts'
import type { Recovery } from '../visit/state/recovery.ts'
import { type CurrentOutage, colourOf, gapsOf } from './outages.ts'

/** A row of the chart: seconds before now (negative), and the round trip in ms under the key of its pod's colour. */
interface Row {
  readonly x: number
  /** The pod's epoch. */
  readonly pod: number
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
  /** The pod's name; undefined when the name of a later kill is too close, or the chart's title. */
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
  /** It is drawn wider than to scale, because it would hardly be visible otherwise. A break mark shows that. */
  readonly widened: boolean
  /** False when the label of a later outage is too close. */
  readonly labelled: boolean
}

/** A round trip above the axis. */
interface SpikeMark {
  /** Seconds before now, negative. */
  readonly x: number
  readonly ms: number
}

/** Everything that the chart draws of one frame. */
export interface ChartData {
  readonly rows: readonly Row[]
  /** The lines that have points. An empty line costs as much time as a full one, so it is left out. */
  readonly keys: readonly LineKey[]
  readonly kills: readonly KillMark[]
  readonly gaps: readonly GapMark[]
  readonly spikes: readonly SpikeMark[]
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

/** Names, durations and values closer than these would overlap, px. */
const NAME_PX = 120
const DURATION_PX = 92
const SPIKE_PX = 56
/** Room for the chart's title at the left edge, px. */
const TITLE_PX = 150
/** An outage is drawn at least this wide, px. */
const NARROWEST_PX = 12

/** Returns the rows and marks of a frame. */
export function chartDataOf(
  frame: Frame,
  recoveries: readonly Recovery[],
  current: CurrentOutage | undefined,
  { seconds, width, top }: Omit<Plot, 'height'>,
): ChartData {
  const xOf = (ms: number) => (ms - frame.atMs) / 1_000
  /** Seconds in so many px. */
  const inS = (px: number) => (px * seconds) / Math.max(1, width - MARGIN.left - MARGIN.right)
  const rows: Row[] = []
  const seen = new Set<LineKey>()
  for (const point of frame.points) {
    const x = xOf(point.dueMs)
    if (x < -seconds - 1 || point.state === 'waiting') continue
    rows.push(rowOf(point, x, seen))
  }
  const kills = [...recoveries.map(outageOf), ...(current ? [current] : [])]
    .filter(({ byClick }) => byClick)
    .map(({ atMs, alias }) => ({ atMs, x: xOf(atMs), alias }))
    .filter(({ x }) => x > -seconds && x <= 0)
  const named = spaced(
    kills.map(({ x }) => x).filter((x) => x > inS(TITLE_PX) - seconds),
    inS(NAME_PX),
  )
  const gaps = gapsOf(frame, current)
    .map(({ fromMs, toMs }) => ({
      fromMs,
      fromX: Math.max(-seconds, xOf(fromMs)),
      toX: toMs === null ? 0 : xOf(toMs),
      ms: (toMs ?? frame.atMs) - fromMs,
      open: toMs === null,
    }))
    .filter(({ fromX, toX }) => toX > -seconds && fromX <= 0)
    .map((gap) => widened(gap, inS(NARROWEST_PX)))
  const timed = spaced(
    gaps.map(({ toX }) => toX),
    inS(DURATION_PX),
  )
  const high = frame.points
    .filter(({ rttMs }) => rttMs !== null && rttMs > top)
    .map(({ dueMs, rttMs }) => ({ x: xOf(dueMs), ms: rttMs ?? 0 }))
    .filter(({ x }) => x > -seconds)
    .toSorted((a, b) => b.ms - a.ms)
  return {
    // Recharts' store freezes its data deeply, row by row, unless the array is already frozen.
    rows: Object.freeze(rows),
    keys: LINE_KEYS.filter((key) => seen.has(key)),
    kills: kills.map(({ atMs, x, alias }) => ({ atMs, x, label: named.has(x) ? alias : undefined })),
    gaps: gaps.map((gap) => ({ ...gap, labelled: timed.has(gap.toX) })),
    // The highest of neighbours is marked.
    spikes: high.filter(({ x }, i) =>
      high.slice(0, i).every((higher) => Math.abs(higher.x - x) > inS(SPIKE_PX)),
    ),
    p50: frame.statistics.p50.value,
  }
}

/** Returns the places, s, of which no two are closer than `apartS`. The latest place has priority. */
function spaced(places: readonly number[], apartS: number): ReadonlySet<number> {
  const kept = new Set<number>()
  for (const place of places.toSorted((a, b) => b - a))
    if ([...kept].every((later) => later - place > apartS)) kept.add(place)
  return kept
}

function widened<Place extends { fromX: number; toX: number; open: boolean }>(
  gap: Place,
  narrowestS: number,
): Place & { widened: boolean } {
  const missingS = narrowestS - (gap.toX - gap.fromX)
  if (missingS <= 0 || gap.open) return { ...gap, widened: false }
  return { ...gap, fromX: gap.fromX - missingS / 2, toX: gap.toX + missingS / 2, widened: true }
}

function outageOf({ outage }: Recovery): CurrentOutage {
  return { atMs: outage.atMs, alias: outage.of.pod.alias, byClick: outage.cause === 'click' }
}

function rowOf(point: Point, x: number, seen: Set<LineKey>): Row {
  // A row without a value breaks the line where no round trip was measured.
  if (point.rttMs === null) return { x, pod: point.pod }
  const key = LINE_KEYS[colourOf(point.pod)] ?? 'c0'
  seen.add(key)
  return { x, pod: point.pod, [key]: point.rttMs }
}

/** Space around the plot, px. */
export const MARGIN = { top: 40, right: 20, bottom: 26, left: 54 } as const

/** Returns values from the start of the window to now, in seconds before now. */
export function timeTicks(seconds: number): number[] {
  const parts = seconds === 60 ? 4 : 3
  return Array.from({ length: parts + 1 }, (_, i) => (i * seconds) / parts - seconds)
}

/** Prints `60 s` … `now`. @param x seconds before now, negative. */
export function timeLabel(x: number): string {
  if (x === 0) return 'now'
  return `${Number((-x).toFixed(1))} s`
}

/** Prints a value of the Y axis, ms. The top one has the unit: ms, or s from 1 s on, as everywhere on the page. */
export function valueLabel(value: number, top: number): string {
  const inMs = top < 1_000
  const shown = inMs ? value : value / 1_000
  const text = top < 4 ? shown.toFixed(1) : String(Number(shown.toFixed(2)))
  return value === top ? `${text} ${inMs ? 'ms' : 's'}` : text
}
