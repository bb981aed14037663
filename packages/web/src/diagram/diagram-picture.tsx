import type { Pool } from '@warm-pods/core/api/contracts.ts'
import { cn } from '@/lib/utils'
import { DIAGRAM, PARTS } from '../copy/diagram.ts'
import { kindOf } from '../lib/cluster-kind.ts'
import type { Layout } from './diagram-layout.ts'
import { PART_NAMES } from './diagram-text.ts'
import type { Lit, Use } from './highlights.ts'
import type { LinkName } from './hops.ts'

const STROKE: Record<Use, string> = { yours: 'stroke-pod', pools: 'stroke-foreground' }
const strokeOf = (use: Use | undefined) => (use ? STROKE[use] : 'stroke-foreground/30')

interface PictureProps {
  readonly layout: Layout
  readonly lit: Lit
  readonly pool: Pool
  readonly className: string
}

/** Decoration for those who see it; the lists below it say the same. */
export function Picture({ layout, lit, pool, className }: PictureProps) {
  const { width, height, box } = layout
  const kind = kindOf(pool.cluster)
  return (
    <div className={className} aria-hidden="true">
      <svg viewBox={`-2 -2 ${width + 4} ${height + 4}`} className="w-full">
        <title>{DIAGRAM.title}</title>
        {Object.entries(layout.links).map(([name, path]) => {
          const use = lit.links.get(name as LinkName) // the layout has the links' names for keys
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
        {PART_NAMES.map((name) => {
          const [x, y] = layout.parts[name]
          const use = lit.parts.get(name)
          return (
            <g key={name} transform={`translate(${x} ${y})`}>
              <rect
                width={box.width}
                height={box.height}
                strokeWidth={use ? 3 : 1.25}
                className={cn('fill-card transition-colors duration-300', strokeOf(use))}
              />
              <text x={12} y={27} className="fill-foreground text-[15px] font-semibold">
                {PARTS[name].name}
              </text>
              <text x={12} y={47} className="fill-muted-foreground text-[12px]">
                {PARTS[name].is[kind]}
              </text>
            </g>
          )
        })}
      </svg>
    </div>
  )
}
