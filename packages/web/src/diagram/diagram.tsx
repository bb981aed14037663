import type { Pool } from '@warm-pods/core/api/contracts.ts'
import { Badge } from '@/components/ui/badge'
import { cn } from '@/lib/utils'
import { Chapter } from '../components/chapter.tsx'
import { RUNNING } from '../copy/chapters.ts'
import { BADGES, BOXES, DIAGRAM, FLOWS } from '../copy/diagram.ts'
import { kindOf } from '../lib/cluster-kind.ts'
import { sourceOf } from '../lib/source.ts'
import type { PoolReading } from '../visit/pool-poller.ts'
import type { Visit } from '../visit/state/visit-state.ts'
import type { VisitStore } from '../visit/visit.ts'
import { TALL, WIDE } from './diagram-layout.ts'
import { Picture } from './diagram-picture.tsx'
import { BOX_NAMES, preciseTime } from './diagram-text.ts'
import { refillEdges, sessionEdges } from './flows.ts'
import { type Highlights, highlightsOf, type Use } from './highlights.ts'
import { type Flow, useFlows } from './use-flows.ts'

interface Props {
  readonly store: VisitStore
  readonly visit: Visit
  readonly reading: PoolReading
  readonly pool: Pool
}

/** The system as a drawing that highlights the edges and boxes of the visitor's own requests. */
export function Diagram({ store, visit, reading, pool }: Props) {
  const { recent, edges } = useFlows(store, reading)
  const highlights = highlightsOf([...edges, ...sessionEdges(visit)], refillEdges(reading))
  return (
    <Chapter id="diagram" title={DIAGRAM.title} lead={DIAGRAM.lead[kindOf(pool.cluster)]} className="pt-12">
      <Picture layout={WIDE} highlights={highlights} pool={pool} className="hidden pt-5 lg:block" />
      <Picture
        layout={TALL}
        highlights={highlights}
        pool={pool}
        className="mx-auto max-w-md pt-5 lg:hidden"
      />
      <div className="grid gap-x-12 gap-y-8 pt-6 lg:grid-cols-[1fr_1.25fr]">
        <RecentFlows recent={recent} />
        <Boxes highlights={highlights} pool={pool} />
      </div>
      <p className="flex flex-wrap items-center gap-1.5 pt-8 text-sm text-muted-foreground">
        <span className="pr-1.5">{RUNNING.built}</span>
        {BADGES.map((badge) => (
          <Badge key={badge}>{badge}</Badge>
        ))}
      </p>
    </Chapter>
  )
}

function RecentFlows({ recent }: { recent: readonly Flow[] }) {
  return (
    <div>
      <h4 className="text-sm font-semibold">{DIAGRAM.recent}</h4>
      <ol className="mt-2 border-t">
        {recent.map(({ id, name, at }) => (
          <li key={id} className="flex gap-4 border-b py-1.5 text-[0.9375rem]">
            <time className="shrink-0 pt-px font-mono text-[0.8125rem] text-muted-foreground tabular-nums">
              {preciseTime(at)}
            </time>
            <span>{FLOWS[name]}</span>
          </li>
        ))}
      </ol>
    </div>
  )
}

function Boxes({ highlights, pool }: { highlights: Highlights; pool: Pool }) {
  const kind = kindOf(pool.cluster)
  return (
    <div>
      <h4 className="text-sm font-semibold">{DIAGRAM.boxes}</h4>
      <ul className="mt-2 border-t">
        {BOX_NAMES.map((name) => {
          const { name: title, is, does, file } = BOXES[name]
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
              )}
              <span className="text-sm text-muted-foreground">{` (${is[kind]})`}</span>
              <InUse use={highlights.boxes.get(name)} />
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
