import type { Pool } from '@warm-pods/core/api/contracts.ts'
import { Accordion, AccordionItem } from '@/components/ui/accordion'
import { cn } from '@/lib/utils'
import { Chapter } from '../components/chapter.tsx'
import { BOXES, DIAGRAM, FLOWS } from '../copy/diagram.ts'
import { kindOf } from '../lib/cluster-kind.ts'
import type { PoolReading } from '../visit/pool-poller.ts'
import type { Visit } from '../visit/state/visit-state.ts'
import { TALL, WIDE } from './diagram-layout.ts'
import { Picture } from './diagram-picture.tsx'
import { BOX_NAMES, preciseTime } from './diagram-text.ts'
import { refillEdges, sessionEdges } from './flows.ts'
import { type Highlights, highlightsOf, type Use } from './highlights.ts'
import type { Flow, Flows } from './use-flows.ts'

interface Props {
  readonly flows: Flows
  readonly visit: Visit
  readonly reading: PoolReading
  readonly pool: Pool
}

/** The system as a drawing that highlights the edges and boxes of the visitor's own requests. */
export function Diagram({ flows: { recent, edges }, visit, reading, pool }: Props) {
  const highlights = highlightsOf([...edges, ...sessionEdges(visit)], refillEdges(reading))
  return (
    <Chapter lead={DIAGRAM.lead[kindOf(pool.cluster)]}>
      <Picture
        layout={WIDE}
        highlights={highlights}
        pool={pool}
        className="mx-auto hidden max-w-[58rem] pt-2 lg:block"
      />
      <Picture
        layout={TALL}
        highlights={highlights}
        pool={pool}
        className="mx-auto max-w-md pt-2 lg:hidden"
      />
      <Accordion className="mt-3 border-t">
        <AccordionItem value="recent" title={DIAGRAM.recent}>
          <RecentFlows recent={recent} />
          <InUse highlights={highlights} />
        </AccordionItem>
      </Accordion>
    </Chapter>
  )
}

function RecentFlows({ recent }: { recent: readonly Flow[] }) {
  return (
    <ol className="border-t">
      {recent.map(({ id, name, at }) => (
        <li key={id} className="flex gap-4 border-b py-1 text-sm">
          <time className="shrink-0 pt-px font-mono text-xs text-muted-foreground tabular-nums">
            {preciseTime(at)}
          </time>
          <span>{FLOWS[name]}</span>
        </li>
      ))}
    </ol>
  )
}

/** The highlighted boxes as text: the drawing is hidden from screen readers. */
function InUse({ highlights }: { highlights: Highlights }) {
  return (
    <ul
      aria-label={DIAGRAM.boxes}
      className="flex flex-wrap gap-x-4 gap-y-1 pt-2 text-sm text-muted-foreground"
    >
      {BOX_NAMES.map((name) => (
        <li key={name}>
          <span>{BOXES[name].name}</span>
          <UseMark use={highlights.boxes.get(name)} />
        </li>
      ))}
    </ul>
  )
}

function UseMark({ use }: { use: Use | undefined }) {
  return (
    use && (
      <span className={cn('pl-1', use === 'yours' ? 'text-pod' : 'text-foreground')}>{DIAGRAM.use[use]}</span>
    )
  )
}
