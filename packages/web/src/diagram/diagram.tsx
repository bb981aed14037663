import type { Pool } from '@warm-pods/core/api/contracts.ts'
import { Badge } from '@/components/ui/badge'
import { cn } from '@/lib/utils'
import { Chapter } from '../components/chapter.tsx'
import { RUNNING } from '../copy/chapters.ts'
import { BADGES, DIAGRAM, PARTS, PASSES } from '../copy/diagram.ts'
import { kindOf } from '../lib/cluster-kind.ts'
import { sourceOf } from '../lib/source.ts'
import type { PoolReading } from '../visit/pool-poller.ts'
import type { Visit } from '../visit/state/reducer.ts'
import type { VisitStore } from '../visit/visit.ts'
import { TALL, WIDE } from './diagram-layout.ts'
import { Picture } from './diagram-picture.tsx'
import { PART_NAMES, preciseTime } from './diagram-text.ts'
import { type Lit, litOf, type Use } from './highlights.ts'
import { refilling, standing } from './hops.ts'
import { type Pass, usePasses } from './use-hops.ts'

interface Props {
  readonly store: VisitStore
  readonly visit: Visit
  readonly reading: PoolReading
  readonly pool: Pool
}

/** The system as a picture whose parts light up as the visitor's own requests pass them. */
export function Diagram({ store, visit, reading, pool }: Props) {
  const { recent, links } = usePasses(store, reading)
  const lit = litOf([...links, ...standing(visit)], refilling(reading))
  return (
    <Chapter id="diagram" title={DIAGRAM.title} lead={DIAGRAM.lead[kindOf(pool.cluster)]} className="pt-12">
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
    </Chapter>
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
        {PART_NAMES.map((name) => {
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
