import { memo, useMemo } from 'react'
import {
  CartesianGrid,
  Line,
  LineChart,
  ReferenceArea,
  ReferenceLine,
  Tooltip,
  type TooltipContentProps,
  XAxis,
  YAxis,
} from 'recharts'
import { duration } from '../format.ts'
import { bucketCell } from '../sentences.ts'
import { ticksTo } from './axis.ts'
import { LINE_KEYS, MARGIN, type Picture, timeLabel, timeTicks, valueLabel } from './chart-model.ts'
import { Hatch } from './hatch.tsx'

interface Props {
  readonly picture: Picture
  readonly width: number
  readonly height: number
  readonly seconds: number
  readonly top: number
}

const CHART_MARGIN = { top: MARGIN.top, right: MARGIN.right, bottom: 0, left: 0 }
const TICK = { fill: 'var(--muted-foreground)', fontSize: 12 }
const Grid = memo(CartesianGrid)
const P50_LABEL = {
  value: 'p50',
  position: 'insideBottomLeft',
  fill: 'var(--muted-foreground)',
  fontSize: 11,
  offset: 4,
} as const
const CURSOR = { stroke: 'var(--muted-foreground)', strokeDasharray: '2 3' }

/**
 * The round trips of the last minute. What changes with each frame is `data` and the marks; everything else is hoisted or
 * memoised, because Recharts recalculates every point for a prop that is new (its performance guide).
 */
function Chart({ picture, width, height, seconds, top }: Props) {
  const yDomain = useMemo(() => [0, top], [top])
  const yTicks = useMemo(() => ticksTo(top), [top])
  const yLabel = useMemo(() => (value: number) => valueLabel(value, top), [top])
  const xDomain = useMemo(() => [-seconds, 0], [seconds])
  const xTicks = useMemo(() => timeTicks(seconds), [seconds])
  return (
    <LineChart width={width} height={height} data={picture.rows as object[]} margin={CHART_MARGIN}>
      <Hatch id="hatch" />
      <Grid vertical={false} stroke="var(--grid)" />
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
      {picture.gaps.map(({ fromX, toX, ms, open }) => (
        <ReferenceArea
          key={`gap ${fromX}`}
          x1={fromX}
          x2={toX}
          fill="url(#hatch)"
          fillOpacity={1}
          ifOverflow="hidden"
          label={
            <MarkLabel
              text={open ? `${duration(ms)}…` : duration(ms)}
              side={sideOf((fromX + toX) / 2, seconds)}
              lift={7}
              kill
            />
          }
        />
      ))}
      {picture.p50 !== undefined && (
        <ReferenceLine
          y={picture.p50}
          stroke="var(--muted-foreground)"
          strokeDasharray="1 4"
          ifOverflow="hidden"
          label={P50_LABEL}
        />
      )}
      {picture.kills.map(({ x, label }, i) => (
        <ReferenceLine
          key={`kill ${label}`}
          x={x}
          stroke="var(--kill)"
          strokeWidth={1.5}
          // Two kills close together would write over each other: the newer keeps its name.
          {...(i === 0 || Math.abs(x - (picture.kills[i - 1]?.x ?? 0)) > seconds / 7
            ? { label: <MarkLabel text={label} side={sideOf(x, seconds)} lift={23} /> }
            : {})}
        />
      ))}
      {picture.keys.map((key) => (
        <Line
          key={key}
          dataKey={key}
          type="linear"
          stroke={`var(--pod-${LINE_KEYS.indexOf(key)})`}
          strokeWidth={1.75}
          dot={false}
          connectNulls={false}
          isAnimationActive={false}
        />
      ))}
      <Tooltip content={ChartTip} isAnimationActive={false} cursor={CURSOR} />
    </LineChart>
  )
}

interface MarkLabelProps {
  readonly text: string
  readonly side: 'start' | 'middle' | 'end'
  /** Distance above the plot, px. */
  readonly lift: number
  readonly kill?: boolean
  /** Put in by Recharts: where the marked line or area is. */
  readonly viewBox?: { readonly x?: number; readonly y?: number; readonly width?: number }
}

function MarkLabel({ text, side, lift, kill = false, viewBox }: MarkLabelProps) {
  const { x = 0, y = 0, width = 0 } = viewBox ?? {}
  return (
    <text
      x={x + width / 2}
      y={y - lift}
      textAnchor={side}
      fontSize={12}
      fill={kill ? 'var(--kill)' : 'var(--foreground)'}
      className="tabular-nums"
    >
      {text}
    </text>
  )
}

/** Which way a label leans so that it stays within the chart. */
function sideOf(x: number, seconds: number): 'start' | 'middle' | 'end' {
  if (x > -seconds * 0.07) return 'end'
  return x < -seconds * 0.93 ? 'start' : 'middle'
}

function ChartTip({ active, payload, label }: TooltipContentProps) {
  const value = payload?.find((entry) => typeof entry.value === 'number')?.value
  if (!active || typeof value !== 'number') return null
  return (
    <div className="border border-foreground/25 bg-card px-2 py-1 text-sm tabular-nums shadow-sm">
      {bucketCell(value)} <span className="text-muted-foreground">{timeLabel(Number(label))} ago</span>
    </div>
  )
}

/** Drawn again only for a new picture. */
export default memo(Chart)
