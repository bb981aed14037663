import { createContext, memo, useContext, useLayoutEffect, useMemo } from 'react'
import { CartesianGrid, Line, LineChart, Tooltip, type TooltipContentProps, XAxis, YAxis } from 'recharts'
import { ticksTo } from './axis.ts'
import {
  LINE_KEYS,
  type LineKey,
  MARGIN,
  type Picture,
  type Row,
  timeLabel,
  timeTicks,
  valueLabel,
} from './chart-model.ts'
import { bucketCell } from './chart-text.ts'
import { type Plot, Trace } from './series-layer.tsx'

interface Props {
  readonly picture: Picture
  readonly plot: Plot
  /** Somebody points at the chart, or has the keyboard's focus on it. */
  readonly attended: boolean
  /** Called once it is there. */
  readonly onReady: () => void
}

const CHART_MARGIN = { top: MARGIN.top, right: MARGIN.right, bottom: 0, left: 0 }
const TICK = { fill: 'var(--muted-foreground)', fontSize: 12 }
/** With Recharts' own 2 the labels of the time touch the 0 of the other axis. */
const TICK_MARGIN = 5.5
const NO_ROWS: readonly Row[] = []
const NO_LINES: readonly LineKey[] = []

const Shown = createContext<Picture | undefined>(undefined)

/**
 * The round trips of the last minute. Recharts recalculates every point, twice, whenever its data is new: it is told of
 * them while somebody can ask for one, and the moving lines are drawn within its frame by {@link Trace}.
 */
export default function Chart({ picture, plot, attended, onReady }: Props) {
  return (
    <Shown value={picture}>
      <Around
        plot={plot}
        rows={attended ? picture.rows : NO_ROWS}
        keys={attended ? picture.keys : NO_LINES}
        onReady={onReady}
      />
    </Shown>
  )
}

interface AroundProps {
  readonly plot: Plot
  readonly rows: readonly Row[]
  readonly keys: readonly LineKey[]
  readonly onReady: () => void
}

/** Axes, grid and tooltip: drawn again when they change, not when the lines do. */
const Around = memo(({ plot, rows, keys, onReady }: AroundProps) => {
  const { width, height, seconds, top } = plot
  const yDomain = useMemo(() => [0, top], [top])
  const yTicks = useMemo(() => ticksTo(top), [top])
  const yLabel = useMemo(() => (value: number) => valueLabel(value, top), [top])
  const xDomain = useMemo(() => [-seconds, 0], [seconds])
  const xTicks = useMemo(() => timeTicks(seconds), [seconds])
  return (
    <LineChart width={width} height={height} data={rows} margin={CHART_MARGIN}>
      <CartesianGrid vertical={false} stroke="var(--grid)" />
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
      <ShownTrace plot={plot} onReady={onReady} />
      {keys.map((key) => (
        // What the tooltip and the arrow keys walk along; the line that is seen is that of the trace.
        <Line
          key={key}
          dataKey={key}
          type="linear"
          stroke={`var(--pod-${LINE_KEYS.indexOf(key)})`}
          strokeWidth={0}
          dot={false}
          connectNulls={false}
          isAnimationActive={false}
        />
      ))}
      <Tooltip content={ChartTip} isAnimationActive={false} cursor={false} />
    </LineChart>
  )
})

/** Drawn for every picture, inside a frame that is not. It is there as soon as the frame has its size, and is one. */
function ShownTrace({ plot, onReady }: { readonly plot: Plot; readonly onReady: () => void }) {
  useLayoutEffect(onReady, [onReady])
  const picture = useContext(Shown)
  return picture && <Trace picture={picture} plot={plot} />
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
