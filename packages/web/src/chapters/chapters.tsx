import type { Session } from '@warm-pods/core/api/contracts.ts'
import { memo, type ReactNode, useEffect, useRef, useState } from 'react'
import { Tabs, TabsContent, TabsList, TabsTrigger } from '@/components/ui/tabs'
import { CHAPTERS } from '../copy/chapters.ts'
import { Diagram } from '../diagram/diagram.tsx'
import { useFlows } from '../diagram/use-flows.ts'
import { inWords } from '../lib/in-words.ts'
import type { PoolReading } from '../visit/pool-poller.ts'
import type { Outage, Phase } from '../visit/state/phase.ts'
import type { Visit } from '../visit/state/visit-state.ts'
import type { VisitStore } from '../visit/visit.ts'
import { podOrigin } from './claim-model.ts'
import { ClaimReceipt } from './claim-receipt.tsx'
import { Components } from './components.tsx'
import { ForecastPanel } from './forecast.tsx'

export { Running } from './running.tsx'

interface Props {
  readonly store: VisitStore
  readonly visit: Visit
  readonly reading: PoolReading
}

type Chapter = keyof typeof CHAPTERS.tabs
const TABS = Object.keys(CHAPTERS.tabs) as Chapter[] // the keys of a record are its names

/** The chapters below the visit, one tab each. A chunk of its own, because it is not needed before the first pong. */
function Chapters({ store, visit, reading }: Props) {
  const flows = useFlows(store, reading)
  const section = useRef<HTMLElement>(null)
  const [tab, setTab] = useTabOfAddress(section)
  const session = sessionOf(visit.phase)
  const { pool } = reading
  const target = pool?.target
  useEffect(() => {
    if (target !== undefined) stateTarget(target)
  }, [target])
  const chapters: Record<Chapter, ReactNode> = {
    diagram: pool && <Diagram flows={flows} visit={visit} reading={reading} pool={pool} />,
    claim: (
      <ClaimReceipt session={session} origin={session && podOrigin(session, outageBefore(visit, session))} />
    ),
    forecast: pool && <ForecastPanel pool={pool} />,
    components: pool && <Components pool={pool} />,
  }
  return (
    <section ref={section} aria-labelledby="chapters-title" className="scroll-mt-14 pt-8">
      <Tabs value={tab} onValueChange={setTab}>
        <div className="flex flex-wrap items-center gap-x-6 border-b border-rule">
          <h2 id="chapters-title" className="eyebrow">
            {CHAPTERS.title}
          </h2>
          <TabsList aria-labelledby="chapters-title" className="border-b-0">
            {TABS.map((name) => (
              <TabsTrigger key={name} value={name}>
                {CHAPTERS.tabs[name]}
              </TabsTrigger>
            ))}
          </TabsList>
        </div>
        {TABS.map((name) => (
          <TabsContent key={name} value={name} className="min-h-60 pt-1">
            {chapters[name]}
          </TabsContent>
        ))}
      </Tabs>
    </section>
  )
}

/** Corrects the number of pods in the text of index.html, which the build has filled in: each stage has a size of its own. */
function stateTarget(target: number): void {
  const text = inWords(target)
  for (const element of document.querySelectorAll('[data-target]'))
    if (element.textContent !== text) element.textContent = text
}

/** Returns the open tab and its setter. A fragment such as `#forecast` opens its tab, and an opened tab becomes the fragment. */
function useTabOfAddress(section: React.RefObject<HTMLElement | null>): [Chapter, (tab: string) => void] {
  const [tab, setTab] = useState<Chapter>('diagram')
  useEffect(() => {
    const follow = () => {
      const named = TABS.find((name) => location.hash === `#${name}`)
      if (!named) return
      setTab(named)
      section.current?.scrollIntoView()
    }
    follow()
    addEventListener('hashchange', follow)
    return () => removeEventListener('hashchange', follow)
  }, [section])
  const choose = (chosen: string) => {
    const named = TABS.find((name) => name === chosen)
    if (!named) return
    history.replaceState(null, '', `#${named}`)
    setTab(named)
  }
  return [tab, choose]
}

/** The session of the pod that the visitor holds. While it is replaced: of the pod before, so that nothing moves. */
function sessionOf(phase: Phase): Session | undefined {
  if ('session' in phase && phase.session.pod) return phase.session
  return 'outage' in phase ? phase.outage.of : undefined
}

/** Returns the outage that the pod of this session ended. After a reload the page does not know it. */
function outageBefore({ phase, recoveries }: Visit, { epoch }: Session): Outage | undefined {
  if ('outage' in phase && phase.outage.of.epoch < epoch) return phase.outage
  return recoveries.find(({ to }) => to.epoch === epoch)?.outage
}

export default memo(Chapters)
