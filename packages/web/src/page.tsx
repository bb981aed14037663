import { lazy, type ReactNode, StrictMode, useSyncExternalStore } from 'react'
import type { Root } from 'react-dom/client'
import { App } from './app.tsx'
import { nowMs } from './lib/clock.ts'
import { Boundary } from './lib/error-boundary.tsx'
import { retryImport } from './lib/retry-import.ts'
import { Simulated } from './lib/simulated.ts'
import type { Probe } from './probe/probe.ts'
import { createAnnouncer } from './visit/announcer.ts'
import type { Api } from './visit/api.ts'
import { bindBrowserLifecycle } from './visit/browser-lifecycle.ts'
import { eventMessages } from './visit/event-messages.ts'
import { createLog } from './visit/log.ts'
import { createPoolPoller } from './visit/pool-poller.ts'
import { poolRecovered } from './visit/pool-recovered.ts'
import type { Secrets } from './visit/secret.ts'
import { createVisit, type VisitStore } from './visit/visit.ts'

const RecordingBar = lazy(() => retryImport(() => import('./recording/recording-bar.tsx')))

/** What a visit is made with: the real thing, or the simulator's stand-ins for it. */
export interface Cast {
  readonly api: Api
  readonly probe: Probe
  readonly secrets: Secrets
  /** Drawn above everything else. */
  readonly above?: ReactNode
  readonly simulated?: boolean
  /** The first line of the log, said aloud as well. */
  readonly opening?: string
}

/** Places of index.html that are drawn into. */
export interface Places {
  readonly root: Root
  readonly controls: Element
  readonly log: Element
  readonly announcer: Element
}

export interface OpenPage {
  readonly visit: VisitStore
  /** Ends the visit on this page; its session is left to the API, as when a page is left. */
  close(): void
}

let opened = 0

/** Opens the page on a cast; another one takes its place by closing it and opening anew. */
export function openPage({ root, announcer: region, ...slots }: Places, cast: Cast): OpenPage {
  const { api, probe, above, simulated = false, opening } = cast
  const pool = createPoolPoller(api)
  const visit = createVisit(cast)
  const log = createLog()
  const announcer = createAnnouncer((sentence) => {
    region.textContent = sentence
  })
  const tell = (text: string, say: boolean) => {
    log.add(text)
    if (say) announcer.say(text)
  }
  if (opening) tell(opening, true)

  visit.observe((before, after, event) => {
    for (const { text, say } of eventMessages(before, after, event)) tell(text, say)
    if (event.type === 'kill' || (event.type === 'dead' && after.phase.status === 'lost')) pool.hurry()
  })
  const unsubscribe = probe.subscribe(() => {
    const slow = probe.snapshot()?.slow
    visit.dispatch(slow ? { type: 'slow', slow } : { type: 'calm' })
  })
  pool.subscribe(() => {
    if (pool.snapshot().silentSinceMs === undefined) visit.dispatch({ type: 'answered', atMs: nowMs() })
    const recovered = poolRecovered(visit.snapshot(), pool.snapshot())
    if (recovered) visit.dispatch(recovered)
  })

  // A key of its own, so that nothing drawn of one visit lives on in the next.
  root.render(
    <StrictMode key={opened++}>
      <Simulated value={simulated}>
        {above}
        <App api={api} probe={probe} visit={visit} pool={pool} log={log} slots={slots} />
        <AfterKills visit={visit} probe={probe} />
      </Simulated>
    </StrictMode>,
  )
  const leave = bindBrowserLifecycle(visit, probe, pool)
  return {
    visit,
    close() {
      leave()
      pool.look(false)
      visit.dispatch({ type: 'left' })
      unsubscribe()
      announcer.close()
    },
  }
}

/** What a visitor can do with a run: nobody has one before the first kill. */
function AfterKills({ visit, probe }: { visit: VisitStore; probe: Probe }) {
  const any = useSyncExternalStore(visit.subscribe, () => visit.snapshot().recoveries.length > 0)
  return (
    any && (
      <Boundary fallback={null}>
        <RecordingBar visit={visit} probe={probe} />
      </Boundary>
    )
  )
}
