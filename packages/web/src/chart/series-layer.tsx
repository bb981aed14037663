import { duration } from '../lib/format.ts'
import { LINE_KEYS, type LineKey, MARGIN, type Picture } from './chart-model.ts'

/** Where the plot is, and what its axes span. */
export interface Plot {
  readonly width: number
  readonly height: number
  /** Of the X axis, which ends now. */
  readonly seconds: number
  /** Of the Y axis, ms. */
  readonly top: number
}

interface Props {
  readonly picture: Picture
  readonly plot: Plot
}

/**
 * What moves in the chart: the lines, the gaps, where pods died, the median. Plain SVG, drawn anew four times a second in
 * a third of the time that a charting library takes (ADR 20); what stands still around it is not drawn again for it.
 */
export function Trace({ picture, plot }: Props) {
  const { seconds } = plot
  const { left, right, bottom, px, py } = scalesOf(plot)
  const p50 = picture.p50 !== undefined && picture.p50 <= plot.top ? py(picture.p50) : undefined
  return (
    <g className="tabular-nums" pointerEvents="none">
      <defs>
        <clipPath id="plot">
          <rect x={left} y={MARGIN.top} width={Math.max(0, right - left)} height={bottom - MARGIN.top} />
        </clipPath>
        <pattern id="hatch" width="7" height="7" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">
          <rect width="7" height="7" fill="var(--kill)" fillOpacity="0.07" />
          <line x1="0" y1="0" x2="0" y2="7" stroke="var(--kill)" strokeOpacity="0.45" strokeWidth="1.5" />
        </pattern>
      </defs>
      {picture.gaps.map(({ fromMs, fromX, toX, ms, open }) => (
        <g key={fromMs}>
          <rect
            className="gap"
            x={px(fromX)}
            y={MARGIN.top}
            width={Math.max(0, px(toX) - px(fromX))}
            height={bottom - MARGIN.top}
            fill="url(#hatch)"
          />
          <MarkLabel
            x={(px(fromX) + px(toX)) / 2}
            side={sideOf((fromX + toX) / 2, seconds)}
            lift={7}
            fill="var(--kill)"
          >
            {open ? `${duration(ms)}…` : duration(ms)}
          </MarkLabel>
        </g>
      ))}
      {p50 !== undefined && (
        <line x1={left} x2={right} y1={p50} y2={p50} stroke="var(--muted-foreground)" strokeDasharray="1 4" />
      )}
      {picture.kills.map(({ atMs, x, label }, i) => (
        <g key={atMs}>
          <line x1={px(x)} x2={px(x)} y1={MARGIN.top} y2={bottom} stroke="var(--kill)" strokeWidth={1.5} />
          {/* Two kills close together would write over each other: the newer keeps its name. */}
          {(i === 0 || Math.abs(x - (picture.kills[i - 1]?.x ?? 0)) > seconds / 7) && (
            <MarkLabel x={px(x)} side={sideOf(x, seconds)} lift={23} fill="var(--foreground)">
              {label}
            </MarkLabel>
          )}
        </g>
      ))}
      {picture.keys.map((key) => (
        <path
          key={key}
          className="pod-line"
          d={pathOf(picture, key, px, py)}
          clipPath="url(#plot)"
          fill="none"
          stroke={`var(--pod-${LINE_KEYS.indexOf(key)})`}
          strokeWidth={1.75}
        />
      ))}
      {p50 !== undefined && (
        // Above the lines, with a rim of the ground: it is read where they are dense, too.
        <text
          x={left + 4}
          y={p50 - 4}
          fontSize={11}
          fill="var(--muted-foreground)"
          stroke="var(--card)"
          strokeWidth={4}
          paintOrder="stroke"
        >
          p50
        </text>
      )}
    </g>
  )
}

/** Seconds before now and milliseconds, as pixels of the drawing. */
export function scalesOf({ width, height, seconds, top }: Plot) {
  const [left, right, bottom] = [MARGIN.left, width - MARGIN.right, height - MARGIN.bottom]
  return {
    left,
    right,
    bottom,
    px: (x: number) => tenths(left + (1 + x / seconds) * (right - left)),
    py: (ms: number) => tenths(bottom - (ms / top) * (bottom - MARGIN.top)),
  }
}

function tenths(px: number): number {
  return Math.round(px * 10) / 10
}

interface MarkLabelProps {
  readonly x: number
  readonly side: 'start' | 'middle' | 'end'
  /** Distance above the plot, px. */
  readonly lift: number
  readonly fill: string
  readonly children: string
}

function MarkLabel({ x, side, lift, fill, children }: MarkLabelProps) {
  return (
    <text x={x} y={MARGIN.top - lift} textAnchor={side} fontSize={12} fill={fill}>
      {children}
    </text>
  )
}

/** Which way a label leans so that it stays within the chart. */
function sideOf(x: number, seconds: number): 'start' | 'middle' | 'end' {
  if (x > -seconds * 0.07) return 'end'
  return x < -seconds * 0.93 ? 'start' : 'middle'
}

function pathOf(
  { rows }: Picture,
  key: LineKey,
  px: (x: number) => number,
  py: (ms: number) => number,
): string {
  let path = ''
  let drawing = false
  for (const row of rows) {
    const value = row[key]
    if (value !== undefined) path += `${drawing ? 'L' : 'M'}${px(row.x)},${py(value)}`
    drawing = value !== undefined
  }
  return path
}
