import { memo, useMemo } from 'react'
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
  XAxis,
  YAxis,
} from 'recharts'
import { duration } from '../lib/format.ts'
import { ticksTo } from './axis.ts'
import {
  type ChartData,
  type GapMark,
  type KillMark,
  LINE_KEYS,
  MARGIN,
  type Plot,
  timeLabel,
  timeTicks,
  valueLabel,
} from './chart-model.ts'
import { bucketCell } from './chart-text.ts'

interface Props {
  readonly data: ChartData
  readonly plot: Plot
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

/** The round trips of the last minute, drawn by Recharts. */
export default function Chart({ data, plot, showsTip }: Props) {
  const { rows, keys, kills, gaps, p50 } = data
  const { width, height, seconds, top } = plot
  return (
    <LineChart width={width} height={height} data={rows} margin={CHART_MARGIN}>
      <Axes seconds={seconds} top={top} />
      {gaps.map((gap) => (
        <Outage key={gap.fromMs} gap={gap} seconds={seconds} />
      ))}
      {kills.map((kill) => (
        <KillLine key={kill.atMs} kill={kill} seconds={seconds} />
      ))}
      {keys.map((key) => (
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
          shape={UnmeasuredCurve}
          zIndex={IN_PLACE}
        />
      ))}
      {p50 !== undefined && p50 <= top && <Median ms={roundTo(p50, top / 200)} />}
      {/* Mounted only while it is shown: its selectors are a part of each frame. */}
      {showsTip && <Tooltip content={Tip} isAnimationActive={false} cursor={false} />}
    </LineChart>
  )
}

function roundTo(value: number, step: number): number {
  return Math.round(value / step) * step
}

/**
 * Recharts' curve without the ref through which a Line asks for the length of its path. Only an animation needs the
 * length, and asking for it forces a layout within each frame.
 */
function UnmeasuredCurve({ pathRef: _, ...props }: CurveProps) {
  return <Curve {...props} />
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
function Outage({ gap: { fromX, toX, ms, open }, seconds }: { gap: GapMark; seconds: number }) {
  return (
    <ReferenceArea
      x1={fromX}
      x2={toX}
      fill="url(#hatch)"
      fillOpacity={1}
      ifOverflow="hidden"
      zIndex={IN_PLACE}
      label={{
        value: open ? `${duration(ms)}…` : duration(ms),
        position: 'top',
        offset: 7,
        textAnchor: anchorOf((fromX + toX) / 2, seconds),
        fill: 'var(--kill)',
        fontSize: 12,
        zIndex: IN_PLACE,
      }}
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

/** The median as a thin line. Its label has a rim of the background, so it can be read above dense lines. */
const Median = memo(function Median({ ms }: { ms: number }) {
  return (
    <ReferenceLine
      y={ms}
      stroke="var(--muted-foreground)"
      strokeDasharray="1 4"
      zIndex={IN_PLACE}
      label={{
        value: 'p50',
        position: 'insideBottomLeft',
        offset: 4,
        fill: 'var(--muted-foreground)',
        stroke: 'var(--card)',
        strokeWidth: 4,
        paintOrder: 'stroke',
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

/** The round trip and the age of the point under the pointer. */
function Tip({ active, payload, label }: TooltipContentProps) {
  const value = payload?.find((entry) => typeof entry.value === 'number')?.value
  if (!active || typeof value !== 'number') return null
  return (
    <div className="border border-foreground/25 bg-card px-2 py-1 text-sm tabular-nums shadow-sm">
      <span>{`${bucketCell(value)} `}</span>
      <span className="text-muted-foreground">{`${timeLabel(Number(label))} ago`}</span>
    </div>
  )
}
