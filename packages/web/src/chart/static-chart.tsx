import { ticksTo } from './axis.ts'
import { MARGIN, type Picture, timeLabel, timeTicks, valueLabel } from './chart-model.ts'
import { type Plot, scalesOf, Trace } from './series-layer.tsx'

interface Props {
  readonly picture: Picture
  readonly plot: Plot
}

/** The same picture in the same place, with axes that answer to nobody: until somebody asks. */
export function Sketch({ picture, plot }: Props) {
  const { width, height, seconds, top } = plot
  const { left, right, px, py } = scalesOf(plot)
  return (
    <svg width={width} height={height} aria-hidden="true" className="block text-xs">
      {ticksTo(top).map((value) => (
        <g key={value}>
          <line x1={left} x2={right} y1={py(value)} y2={py(value)} stroke="var(--grid)" />
          <text x={left - 8} y={py(value) + 4} textAnchor="end" fill="var(--muted-foreground)">
            {valueLabel(value, top)}
          </text>
        </g>
      ))}
      {timeTicks(seconds).map((x) => (
        <text
          key={x}
          x={px(x)}
          y={height - MARGIN.bottom + 20}
          textAnchor="middle"
          fill="var(--muted-foreground)"
        >
          {timeLabel(x)}
        </text>
      ))}
      <Trace picture={picture} plot={plot} />
    </svg>
  )
}
