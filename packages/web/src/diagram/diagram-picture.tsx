import type { Pool } from '@warm-pods/core/api/contracts.ts'
import { cn } from '@/lib/utils'
import { BOXES, DIAGRAM } from '../copy/diagram.ts'
import { kindOf } from '../lib/cluster-kind.ts'
import type { Layout } from './diagram-layout.ts'
import { BOX_NAMES } from './diagram-text.ts'
import type { EdgeName } from './flows.ts'
import type { Highlights, Use } from './highlights.ts'

const STROKE: Record<Use, string> = { yours: 'stroke-pod', pools: 'stroke-foreground' }
const strokeOf = (use: Use | undefined) => (use ? STROKE[use] : 'stroke-foreground/30')

interface PictureProps {
  readonly layout: Layout
  readonly highlights: Highlights
  readonly pool: Pool
  readonly className: string
}

/** The drawing, hidden from screen readers: the lists below it contain the same. */
export function Picture({ layout, highlights, pool, className }: PictureProps) {
  const { width, height, box } = layout
  const kind = kindOf(pool.cluster)
  return (
    <div className={className} aria-hidden="true">
      <svg viewBox={`-2 -2 ${width + 4} ${height + 4}`} className="w-full">
        <title>{DIAGRAM.title}</title>
        {Object.entries(layout.edges).map(([name, path]) => {
          const use = highlights.edges.get(name as EdgeName) // the keys of the layout are edge names
          return (
            <path
              key={name}
              d={path}
              fill="none"
              strokeWidth={use ? 3 : 1.25}
              className={cn('transition-colors duration-300', strokeOf(use))}
            />
          )
        })}
        {BOX_NAMES.map((name) => {
          const [x, y] = layout.boxes[name]
          const use = highlights.boxes.get(name)
          return (
            <g key={name} transform={`translate(${x} ${y})`}>
              <rect
                width={box.width}
                height={box.height}
                strokeWidth={use ? 3 : 1.25}
                className={cn('fill-card transition-colors duration-300', strokeOf(use))}
              />
              <text x={12} y={27} className="fill-foreground text-[15px] font-semibold">
                {BOXES[name].name}
              </text>
              <text x={12} y={47} className="fill-muted-foreground text-[12px]">
                {BOXES[name].is[kind]}
              </text>
            </g>
          )
        })}
      </svg>
    </div>
  )
}
