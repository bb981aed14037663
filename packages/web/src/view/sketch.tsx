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

/** The same points as plain paths, in the same place: what stands there until the charting chunk has arrived. */
export function Sketch({ picture, width, height, seconds, top }: Props) {
  const plotWidth = width - MARGIN.left - MARGIN.right
  const plotHeight = height - MARGIN.top - MARGIN.bottom
  const px = (x: number) => MARGIN.left + (1 + x / seconds) * plotWidth
  const py = (value: number) => MARGIN.top + (1 - Math.min(1, value / top)) * plotHeight
  return (
    <svg width={width} height={height} aria-hidden="true" className="block text-xs">
      <Hatch id="hatch-sketch" />
      {ticksTo(top).map((value) => (
        <g key={value}>
          <line
            x1={MARGIN.left}
            x2={width - MARGIN.right}
            y1={py(value)}
            y2={py(value)}
            stroke="var(--grid)"
          />
          <text x={MARGIN.left - 8} y={py(value) + 4} textAnchor="end" fill="var(--muted-foreground)">
            {valueLabel(value, top)}
          </text>
        </g>
      ))}
      {timeTicks(seconds).map((x) => (
        <text key={x} x={px(x)} y={height - 6} textAnchor="middle" fill="var(--muted-foreground)">
          {timeLabel(x)}
        </text>
      ))}
      {picture.gaps.map(({ fromX, toX }) => (
        <rect
          key={fromX}
          x={px(fromX)}
          y={MARGIN.top}
          width={px(toX) - px(fromX)}
          height={plotHeight}
          fill="url(#hatch-sketch)"
        />
      ))}
      {LINE_KEYS.map((key, colour) => (
        <path
          key={key}
          d={pathOf(picture, key, px, py)}
          fill="none"
          stroke={`var(--pod-${colour})`}
          strokeWidth={1.75}
        />
      ))}
    </svg>
  )
}

function pathOf(
  { rows }: Picture,
  key: 'c0' | 'c1' | 'c2' | 'c3',
  px: (x: number) => number,
  py: (y: number) => number,
): string {
  let path = ''
  let drawing = false
  for (const row of rows) {
    const value = row[key]
    if (value !== undefined) path += `${drawing ? 'L' : 'M'}${px(row.x).toFixed(1)},${py(value).toFixed(1)}`
    drawing = value !== undefined
  }
  return path
}
