import { createContext, memo, type ReactElement, type ReactNode, use, useMemo, useState } from 'react'
import {
  CartesianGrid,
  Curve,
  type CurveProps,
  Line,
  LineChart,
  ReferenceArea,
  ReferenceLine,
  Tooltip,
  type TooltipContentProps,
  useXAxisScale,
  useYAxisScale,
  XAxis,
  YAxis,
} from 'recharts'
import { CHART_MARKS as CHART } from '../copy/chapters.ts'
import { duration } from '../lib/format.ts'
import type { Frame } from '../probe/protocol.ts'
import type { Recovery } from '../visit/state/recovery.ts'
import { ticksTo } from './axis.ts'
import {
  type ChartData,
  chartDataOf,
  type GapMark,
  type KillMark,
  LINE_KEYS,
  type LineKey,
  MARGIN,
  type Plot,
  timeLabel,
  timeTicks,
  valueLabel,
} from './chart-model.ts'
import { bucketCell } from './chart-text.ts'
import type { CurrentOutage } from './outages.ts'

interface Props {
  readonly frame: Frame
  readonly recoveries: readonly Recovery[]
  readonly current: CurrentOutage | undefined
  readonly plot: Plot
  /** The pods' names by epoch. */
  readonly names: ReadonlyMap<number, string>
  /** Whether a point under the pointer or the keyboard's cursor is shown. */
  readonly showsTip: boolean
}

const CHART_MARGIN = { top: MARGIN.top, right: MARGIN.right, bottom: 0, left: 0 }
const TICK = { fill: 'var(--muted-foreground)', fontSize: 12 }
/** px. With Recharts' default of 2 the time labels touch the 0 of the Y axis. */
const TICK_MARGIN = 5.5
/**
 * Elements in layer 0 are drawn where they stand in the tree. Recharts moves every other layer through a portal, which
 * costs a render for each element.
 */
const IN_PLACE = 0

/** The newest frame. Only its readers are rendered for a frame; the chart around them is not. */
const Newest = createContext<ChartData>({
  rows: [],
  keys: [],
  kills: [],
  gaps: [],
  spikes: [],
  p50: undefined,
})
/** The pods' names by epoch, for the tip. */
const Names = createContext<ReadonlyMap<number, string>>(new Map())

/** A `Line` draws no curve for fewer rows. */
const FEWEST_ROWS = 2

/**
 * The round trips of the last minute, drawn by Recharts.
 *
 * New rows in Recharts' store compute every axis, tick and point again, which took most of each frame (ADR 21). The store
 * needs them only to find the point under the pointer or the keyboard's cursor. Otherwise the lines take the rows of the
 * frame, and Recharts' scales place them.
 */
export default memo(function Chart({ frame, recoveries, current, plot, names, showsTip }: Props) {
  const data = useMemo(
    () => chartDataOf(frame, recoveries, current, plot),
    [frame, recoveries, current, plot],
  )
  const [stored, setStored] = useState(data.rows)
  if (stored !== data.rows && (showsTip || stored.length < FEWEST_ROWS)) setStored(data.rows)
  return (
    <Names value={names}>
      <Newest value={data}>
        <Plotted rows={stored} plot={plot} showsTip={showsTip} />
      </Newest>
    </Names>
  )
})

interface PlottedProps extends Pick<Props, 'plot' | 'showsTip'> {
  readonly rows: ChartData['rows']
}

const Plotted = memo(function Plotted({ rows, plot, showsTip }: PlottedProps) {
  const { width, height, seconds, top } = plot
  return (
    <LineChart width={width} height={height} data={rows} margin={CHART_MARGIN}>
      <Axes seconds={seconds} top={top} />
      <Marks seconds={seconds} />
      <Lines showsTip={showsTip} />
      <NewestMedian top={top} />
      <Spikes />
      {/* Mounted only while it is shown: its selectors are a part of each frame. */}
      {showsTip && <Tooltip content={Tip} isAnimationActive={false} cursor={false} />}
    </LineChart>
  )
})

function Lines({ showsTip }: { showsTip: boolean }) {
  return use(Newest).keys.map((key) => (
    <Line
      key={key}
      dataKey={key}
      type="linear"
      stroke={`var(--pod-${LINE_KEYS.indexOf(key)})`}
      strokeWidth={1.75}
      dot={false}
      activeDot={showsTip}
      connectNulls={false}
      isAnimationActive={false}
      shape={CURVES[key]}
      zIndex={IN_PLACE}
    />
  ))
}

const CURVES: Readonly<Record<LineKey, (props: CurveProps) => ReactElement>> = {
  c0: (props) => <NewestCurve {...props} line="c0" />,
  c1: (props) => <NewestCurve {...props} line="c1" />,
  c2: (props) => <NewestCurve {...props} line="c2" />,
  c3: (props) => <NewestCurve {...props} line="c3" />,
}

/**
 * Recharts' curve through the rows of the newest frame. It leaves out the ref through which a Line asks for the length of
 * its path. Only an animation needs the length, and asking for it forces a layout within each frame.
 */
function NewestCurve({ pathRef: _, line, ...props }: CurveProps & { line: LineKey }) {
  const { rows } = use(Newest)
  const xOf = useXAxisScale()
  const yOf = useYAxisScale()
  if (!xOf || !yOf) return null
  const points = rows.map((row) => {
    const ms = row[line]
    return { x: xOf(row.x) ?? null, y: ms === undefined ? null : (yOf(ms) ?? null) }
  })
  return <Curve {...props} points={points} />
}

function Marks({ seconds }: { seconds: number }) {
  const { gaps, kills } = use(Newest)
  return (
    <>
      {gaps.map((gap) => (
        <Moving key={gap.fromMs} x={gap.toX} look={lookOf(gap, seconds)}>
          <Outage gap={gap} seconds={seconds} />
        </Moving>
      ))}
      {kills.map((kill) => (
        <Moving key={kill.atMs} x={kill.x} look={`${kill.label} ${anchorOf(kill.x, seconds)}`}>
          <KillLine kill={kill} seconds={seconds} />
        </Moving>
      ))}
    </>
  )
}

/** Returns what an outage looks like, apart from its place. It changes while the outage enters or leaves the window. */
function lookOf({ fromX, toX, ms, open, labelled }: GapMark, seconds: number): string {
  const drawnMs = Math.round((toX - fromX) * 1_000)
  return `${open} ${labelled} ${Math.round(ms)} ${drawnMs} ${anchorOf((fromX + toX) / 2, seconds)}`
}

interface MovingProps {
  /** Seconds before now, negative. */
  readonly x: number
  /** A mark with the same look is moved, not drawn again. */
  readonly look: string
  readonly children: ReactNode
}

/**
 * Moves a mark to `x` by a transform. Recharts registers a mark in its store at each rendering, and then computes the axes
 * again.
 */
function Moving({ x, look, children }: MovingProps) {
  const [drawn, setDrawn] = useState({ x, look, children })
  if (drawn.look !== look) setDrawn({ x, look, children })
  const xOf = useXAxisScale()
  const px = (xOf?.(x) ?? 0) - (xOf?.(drawn.x) ?? 0)
  return <g transform={`translate(${px} 0)`}>{drawn.children}</g>
}

/** The round trips above the axis: an arrow at its top and the value. */
function Spikes() {
  const { spikes } = use(Newest)
  const xOf = useXAxisScale()
  return spikes.map(({ x, ms }) => (
    <g key={x} transform={`translate(${xOf?.(x) ?? 0} ${MARGIN.top})`}>
      <path d="M0 1l5 8h-10z" fill="var(--foreground)" />
      <text y="21" textAnchor="middle" fill="var(--foreground)" {...RIMMED} fontSize={11}>
        {bucketCell(ms)}
      </text>
    </g>
  ))
}

function NewestMedian({ top }: { top: number }) {
  const { p50 } = use(Newest)
  return p50 !== undefined && p50 <= top && <Median ms={roundTo(p50, top / 200)} />
}

function roundTo(value: number, step: number): number {
  return Math.round(value / step) * step
}

/** Grid and axes. They are rendered again when their span changes, not for each frame. */
const Axes = memo(function Axes({ seconds, top }: Pick<Plot, 'seconds' | 'top'>) {
  const yDomain = useMemo(() => [0, top], [top])
  const yTicks = useMemo(() => ticksTo(top), [top])
  const yLabel = useMemo(() => (value: number) => valueLabel(value, top), [top])
  const xDomain = useMemo(() => [-seconds, 0], [seconds])
  const xTicks = useMemo(() => timeTicks(seconds), [seconds])
  return (
    <>
      <defs>
        <pattern id="hatch" width="7" height="7" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">
          <rect width="7" height="7" fill="var(--kill)" fillOpacity="0.07" />
          <line x1="0" y1="0" x2="0" y2="7" stroke="var(--kill)" strokeOpacity="0.45" strokeWidth="1.5" />
        </pattern>
      </defs>
      <CartesianGrid vertical={false} stroke="var(--grid)" zIndex={IN_PLACE} />
      <XAxis
        dataKey="x"
        type="number"
        domain={xDomain}
        allowDataOverflow
        ticks={xTicks}
        tickFormatter={timeLabel}
        tick={TICK}
        tickLine={false}
        axisLine={false}
        height={MARGIN.bottom}
        tickMargin={TICK_MARGIN}
        interval={0}
      />
      <YAxis
        domain={yDomain}
        allowDataOverflow
        ticks={yTicks}
        tickFormatter={yLabel}
        tick={TICK}
        tickLine={false}
        axisLine={false}
        width={MARGIN.left}
      />
    </>
  )
})

/** The time without a pod, hatched, with its duration above the plot. */
function Outage({ gap, seconds }: { gap: GapMark; seconds: number }) {
  const { fromX, toX, widened } = gap
  return (
    <>
      <Hatching gap={gap} seconds={seconds} />
      {widened && <BreakMark x={(fromX + toX) / 2} />}
    </>
  )
}

/** Two strokes through the time axis: the width of the outage above it is not to scale. */
function BreakMark({ x }: { x: number }) {
  const xOf = useXAxisScale()
  const yOf = useYAxisScale()
  return (
    <g transform={`translate(${xOf?.(x) ?? 0} ${yOf?.(0) ?? 0})`} className="break-mark">
      <path d="M-5 4l4-8M1 4l4-8" stroke="var(--kill)" strokeWidth="1.5" fill="none" />
    </g>
  )
}

function Hatching({ gap: { fromX, toX, ms, open, labelled }, seconds }: { gap: GapMark; seconds: number }) {
  return (
    <ReferenceArea
      x1={fromX}
      x2={toX}
      fill="url(#hatch)"
      fillOpacity={1}
      ifOverflow="hidden"
      zIndex={IN_PLACE}
      label={
        labelled && {
          value: CHART.down(duration(ms), open),
          position: 'top',
          offset: 7,
          textAnchor: anchorOf((fromX + toX) / 2, seconds),
          fill: 'var(--kill)',
          fontSize: 12,
          zIndex: IN_PLACE,
        }
      }
    />
  )
}

/** The line where the visitor killed a pod, with the pod's name above the plot. */
function KillLine({ kill: { x, label }, seconds }: { kill: KillMark; seconds: number }) {
  return (
    <ReferenceLine
      x={x}
      stroke="var(--kill)"
      strokeWidth={1.5}
      zIndex={IN_PLACE}
      label={
        label !== undefined && {
          value: label,
          position: 'top',
          offset: 23,
          textAnchor: anchorOf(x, seconds),
          fill: 'var(--foreground)',
          fontSize: 12,
          zIndex: IN_PLACE,
        }
      }
    />
  )
}

/** A rim of the background, so that a label can be read above dense lines. */
const RIMMED = { stroke: 'var(--card)', strokeWidth: 4, paintOrder: 'stroke' } as const

/** The median as a thin line. */
const Median = memo(function Median({ ms }: { ms: number }) {
  return (
    <ReferenceLine
      y={ms}
      stroke="var(--muted-foreground)"
      strokeDasharray="1 4"
      zIndex={IN_PLACE}
      label={{
        value: CHART.median,
        position: 'insideBottomLeft',
        offset: 4,
        fill: 'var(--muted-foreground)',
        ...RIMMED,
        fontSize: 11,
        zIndex: IN_PLACE,
      }}
    />
  )
})

/** Returns the text anchor of a label at `x`, so that labels near an edge stay inside the chart. */
function anchorOf(x: number, seconds: number): 'start' | 'middle' | 'end' {
  if (x > -seconds * 0.07) return 'end'
  return x < -seconds * 0.93 ? 'start' : 'middle'
}

/** The round trip, the pod and the age of the point under the pointer. */
function Tip({ active, payload, label }: TooltipContentProps) {
  const names = use(Names)
  const entry = payload?.find(({ value }) => typeof value === 'number')
  const ms = entry?.value
  if (!active || typeof ms !== 'number') return null
  return (
    <div className="border border-foreground/25 bg-card px-2 py-1 text-sm tabular-nums shadow-sm">
      <span>{`${bucketCell(ms)} `}</span>
      <span className="text-muted-foreground">
        {CHART.point(names.get(entry?.payload.pod), `${timeLabel(Number(label))} ago`)}
      </span>
    </div>
  )
}
