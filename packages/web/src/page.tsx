import { type ReactNode, StrictMode } from 'react'
import { App } from './app.tsx'
import { nowMs } from './lib/clock.ts'
import type { MountPoints } from './lib/mount-points.ts'
import { retryImport } from './lib/retry-import.ts'
import { Simulated } from './lib/simulated.ts'
import type { Probe } from './probe/probe.ts'
import { createAnnouncer } from './visit/announcer.ts'
import type { Api } from './visit/api.ts'
import { bindBrowserLifecycle } from './visit/browser-lifecycle.ts'
import { createEventLog } from './visit/event-log.ts'
import { createPoolPoller } from './visit/pool-poller.ts'
import type { Secrets } from './visit/secret.ts'
import type { Outage } from './visit/state/phase.ts'
import { createVisit, type VisitStore } from './visit/visit.ts'

/** The dependencies of a page: the real API and probe, or the simulator's. */
export interface PageDependencies {
  readonly api: Api
  readonly probe: Probe
  readonly secrets: Secrets
  /** Rendered above everything else. */
  readonly above?: ReactNode
  readonly simulated?: boolean
  /** A kill that a reload has interrupted. */
  readonly interrupted?: Outage | undefined
  /** Time of the request for the first pod, if it was sent already; ms of the page's clock. */
  readonly askedMs?: number | undefined
  /** The first line of the event log, which is also announced. */
  readonly opening?: string
}

export interface OpenPage {
  readonly visit: VisitStore
  /** Ends the visit on this page. The API ends its session, as when a visitor leaves the page. */
  close(): void
}

let opened = 0

/** Renders the page and starts a visit. To change the dependencies, close the page and open another. */
export function openPage(mountPoints: MountPoints, dependencies: PageDependencies): OpenPage {
  const { api, probe, above, simulated = false, opening, askedMs } = dependencies
  const pool = createPoolPoller(api)
  const visit = createVisit(dependencies)
  const log = createEventLog()
  const announcer = createAnnouncer((sentence) => {
    mountPoints.announcer.textContent = sentence
  })
  const record = (text: string, announce: boolean, at?: number) => {
    log.add(text, at)
    if (announce) announcer.say(text)
  }
  if (opening) record(opening, true)
  // Events wait for the chunk with their copy. If it never loads, the visit goes on without a log, and a reload loses a receipt.
  const messages = retryImport(() => import('./visit/observers.ts')).then(
    ({ eventMessages, keepKill, poolRecovered }) => {
      // A simulated session ends with its page.
      if (!simulated) keepKill(visit, () => sessionStorage)
      pool.subscribe(() => {
        const recovered = poolRecovered(visit.snapshot(), pool.snapshot())
        if (recovered) visit.dispatch(recovered)
      })
      return eventMessages
    },
    () => () => [],
  )

  visit.observe((before, after, event) => {
    const at = Date.now()
    void messages.then((messagesOf) => {
      for (const { text, say } of messagesOf(before, after, event)) record(text, say, at)
    })
    if (event.type === 'kill' || (after.phase.status === 'lost' && before.phase.status !== 'lost'))
      pool.hurry()
  })
  const unsubscribe = probe.subscribe(() => {
    const slow = probe.snapshot()?.slow
    visit.dispatch(slow ? { type: 'slow', slow } : { type: 'calm' })
  })
  pool.subscribe(() => {
    if (pool.snapshot().silentSinceMs === undefined) visit.dispatch({ type: 'answered', atMs: nowMs() })
  })

  // A key of its own, so that no component state of one visit remains in the next.
  mountPoints.root.render(
    <StrictMode key={opened++}>
      <Simulated value={simulated}>
        {above}
        <App api={api} probe={probe} visit={visit} pool={pool} log={log} mountPoints={mountPoints} />
      </Simulated>
    </StrictMode>,
  )
  const unbind = bindBrowserLifecycle(visit, probe, pool, askedMs)
  return {
    visit,
    close() {
      unbind()
      pool.setVisible(false)
      visit.dispatch({ type: 'left' })
      unsubscribe()
      announcer.close()
    },
  }
}
