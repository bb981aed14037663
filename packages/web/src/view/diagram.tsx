import type { Pool } from '@warm-pods/core/contracts.ts'
import { Badge } from '@/components/ui/badge'
import { cn } from '@/lib/utils'
import { sourceOf } from '../lib/source.ts'
import { BADGES, DIAGRAM, kindOf, PARTS, PASSES, preciseTime, RUNNING } from '../sentences-later.ts'
import type { PoolReading } from '../visit/pool-poller.ts'
import type { Visit } from '../visit/session.ts'
import type { VisitStore } from '../visit/visit.ts'
import { type Layout, TALL, WIDE } from './diagram-layout.ts'
import { endsOf, type LinkName, type PartName, refilling, standing } from './passes.ts'
import { type Pass, usePasses } from './use-passes.ts'

interface Props {
  readonly store: VisitStore
  readonly visit: Visit
  readonly reading: PoolReading
  readonly pool: Pool
}

const NAMES = Object.keys(PARTS) as PartName[] // the keys of a record are its names

/** Who uses a link or a part just now. */
type Use = 'yours' | 'pools'
interface Lit {
  readonly links: ReadonlyMap<LinkName, Use>
  readonly parts: ReadonlyMap<PartName, Use>
}

/** What both use counts as the visitor's. */
function litOf(yours: readonly LinkName[], pools: readonly LinkName[]): Lit {
  const uses = [
    ...pools.map((link) => [link, 'pools'] as const),
    ...yours.map((link) => [link, 'yours'] as const),
  ]
  return {
    links: new Map(uses),
    parts: new Map(uses.flatMap(([link, use]) => endsOf(link).map((part) => [part, use] as const))),
  }
}

const STROKE: Record<Use, string> = { yours: 'stroke-pod', pools: 'stroke-foreground' }
const strokeOf = (use: Use | undefined) => (use ? STROKE[use] : 'stroke-foreground/30')

/** The system as a picture whose parts light up as the visitor's own requests pass them. */
export function Diagram({ store, visit, reading, pool }: Props) {
  const { recent, links } = usePasses(store, reading)
  const lit = litOf([...links, ...standing(visit)], refilling(reading))
  return (
    <section aria-labelledby="diagram-title" className="pt-12">
      <h3 id="diagram-title" className="eyebrow border-b border-rule pb-2">
        {DIAGRAM.title}
      </h3>
      <p className="pt-3 text-sm text-muted-foreground">{DIAGRAM.lead[kindOf(pool.cluster)]}</p>
      <Picture layout={WIDE} lit={lit} pool={pool} className="hidden pt-5 lg:block" />
      <Picture layout={TALL} lit={lit} pool={pool} className="mx-auto max-w-md pt-5 lg:hidden" />
      <div className="grid gap-x-12 gap-y-8 pt-6 lg:grid-cols-[1fr_1.25fr]">
        <Passed recent={recent} />
        <Parts lit={lit} pool={pool} />
      </div>
      <p className="flex flex-wrap items-center gap-1.5 pt-8 text-sm text-muted-foreground">
        <span className="pr-1.5">{RUNNING.built}</span>
        {BADGES.map((badge) => (
          <Badge key={badge}>{badge}</Badge>
        ))}
      </p>
    </section>
  )
}

interface PictureProps {
  readonly layout: Layout
  readonly lit: Lit
  readonly pool: Pool
  readonly className: string
}

/** Decoration for those who see it; the lists below it say the same. */
function Picture({ layout, lit, pool, className }: PictureProps) {
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
        {NAMES.map((name) => {
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

function Passed({ recent }: { recent: readonly Pass[] }) {
  return (
    <div>
      <h4 className="text-sm font-semibold">{DIAGRAM.passed}</h4>
      <ol className="mt-2 border-t">
        {recent.map(({ id, name, at }) => (
          <li key={id} className="flex gap-4 border-b py-1.5 text-[0.9375rem]">
            <time className="shrink-0 pt-px font-mono text-[0.8125rem] text-muted-foreground tabular-nums">
              {preciseTime(at)}
            </time>
            <span>{PASSES[name]}</span>
          </li>
        ))}
      </ol>
    </div>
  )
}

function Parts({ lit, pool }: { lit: Lit; pool: Pool }) {
  const kind = kindOf(pool.cluster)
  return (
    <div>
      <h4 className="text-sm font-semibold">{DIAGRAM.parts}</h4>
      <ul className="mt-2 border-t">
        {NAMES.map((name) => {
          const { name: title, is, does, file } = PARTS[name]
          const path = file[kind] ?? file.cluster
          const source = sourceOf(path)
          return (
            <li key={name} className="border-b py-1.5 text-[0.9375rem]">
              {source ? (
                <a href={source} className="inline-block py-0.5 font-semibold underline underline-offset-4">
                  {title}
                </a>
              ) : (
                <span className="font-semibold">{title}</span>
              )}{' '}
              <span className="text-sm text-muted-foreground">({is[kind]})</span>
              <InUse use={lit.parts.get(name)} />
              <span className="block text-sm text-muted-foreground">{does}</span>
            </li>
          )
        })}
      </ul>
    </div>
  )
}

function InUse({ use }: { use: Use | undefined }) {
  return (
    use && (
      <span className={cn('pl-2 text-sm', use === 'yours' ? 'text-pod' : 'text-foreground')}>
        {DIAGRAM.use[use]}
      </span>
    )
  )
}
