import { lazy, startTransition, useContext, useDeferredValue, useEffect, useMemo, useState } from 'react'
import { createPortal } from 'react-dom'
import { colourOf } from './chart/outages.ts'
import { Boundary, FailedPart } from './components/error-boundary.tsx'
import { EVENTS, FAILED_PART } from './copy/first-paint.ts'
import { HeaderControls } from './instrument/header-controls.tsx'
import { Headline, loadWaitHelp } from './instrument/headline.tsx'
import { Instrument } from './instrument/instrument.tsx'
import type { KillOptions } from './instrument/kill-options.tsx'
import { canTerminate, type MainAction } from './instrument/main-action.ts'
import { nowMs } from './lib/clock.ts'
import { whenIdle } from './lib/idle.ts'
import type { MountPoints } from './lib/mount-points.ts'
import { preload, retryImport } from './lib/retry-import.ts'
import { Simulated } from './lib/simulated.ts'
import { useStore } from './lib/use-store.ts'
import { loadPoolNotes, PoolPanel } from './pool/pool-panel.tsx'
import { PoolStrip } from './pool/pool-strip.tsx'
import type { Probe } from './probe/probe.ts'
import type { Api } from './visit/api.ts'
import type { EventLog } from './visit/event-log.ts'
import type { PoolPoller } from './visit/pool-poller.ts'
import { epochOf } from './visit/state/phase.ts'
import type { VisitStore } from './visit/visit.ts'

const EventList = lazy(() => retryImport(() => import('./instrument/event-list.tsx')))
const loadReceipts = () => retryImport(() => import('./receipt/receipts.tsx'))
const Receipts = lazy(loadReceipts)
const RecordingBar = lazy(() => retryImport(() => import('./recording/recording-bar.tsx')))
const loadChapters = () => retryImport(() => import('./chapters/chapters.tsx'))
const Chapters = lazy(loadChapters)
const Running = lazy(() => loadChapters().then(({ Running }) => ({ default: Running })))

export interface AppProps {
  readonly api: Api
  readonly probe: Probe
  readonly visit: VisitStore
  readonly pool: PoolPoller
  readonly log: EventLog
  readonly mountPoints: Pick<MountPoints, 'controls' | 'chapters'>
}

/** The page below its static text. */
export function App({ api, probe, visit: store, pool, log, mountPoints }: AppProps) {
  const visit = useStore(store)
  const reading = useStore(pool)
  const [options, setOptions] = useState<KillOptions>({ how: 'polite', recover: 'failover' })
  const failing = useStore(probe.failing)
  const simulated = useContext(Simulated)
  const paused = visit.paused !== 'no'
  const { phase } = visit
  const recoveries = useDeferredValue(visit.recoveries)
  const epoch = epochOf(phase)
  useEffect(() => {
    document.documentElement.dataset.pod = String(colourOf(epoch))
  }, [epoch])

  // Large and below the fold: rendered in a transition when the first pong has arrived and the page is idle.
  const { answered } = visit
  const [showsChapters, setShowsChapters] = useState(false)
  useEffect(() => {
    if (!answered) return
    // Needed when the network fails, and then they cannot be loaded.
    preload(loadPoolNotes)
    preload(loadWaitHelp)
    whenIdle(() => {
      // Before the first kill, so that no recovery waits for it.
      preload(loadReceipts)
      startTransition(() => setShowsChapters(true))
    })
  }, [answered])

  const share = useMemo(
    () => (
      <Boundary>
        <RecordingBar visit={store} probe={probe} />
      </Boundary>
    ),
    [store, probe],
  )

  const act = (does: MainAction['does']) => {
    if (does === 'ask') store.dispatch({ type: 'ask', atMs: nowMs() })
    if (does === 'take-back') store.dispatch({ type: 'ask', same: true, atMs: nowMs() })
    if (does === 'keep') store.extendLease()
    if (does === 'watch') document.getElementById('pool')?.focus()
    if (does === 'terminate' && canTerminate(visit, nowMs()))
      store.dispatch({ type: 'kill', ...options, atMs: nowMs() })
  }
  const togglePause = () =>
    store.dispatch(paused ? { type: 'resume', by: 'hand' } : { type: 'pause', by: 'hand' })
  const exportSamples = async () => {
    try {
      const { downloadSamples } = await retryImport(() => import('./recording/download.ts'))
      log.add(await downloadSamples(store, probe, simulated))
    } catch {
      log.add(EVENTS.unsaved)
    }
  }
  return (
    <>
      <Headline visit={visit} skewMs={api.skewMs()} target={reading.pool?.target} />
      {failing && <FailedPart what={FAILED_PART.worker} />}
      <PoolStrip reading={reading} visit={visit} />
      <div className="mt-3 grid border border-rule bg-card lg:mt-4 lg:grid-cols-[minmax(0,1fr)_20rem]">
        <Instrument
          probe={probe}
          visit={visit}
          options={options}
          onOptions={(change) => setOptions((before) => ({ ...before, ...change }))}
          onAct={act}
          onCancel={() => store.dispatch({ type: 'cancel' })}
          onFailOver={() => store.dispatch({ type: 'fail-over', atMs: nowMs() })}
          onPause={togglePause}
          onExport={() => void exportSamples()}
          onFocusChange={(focused) => store.dispatch({ type: focused ? 'pause' : 'resume', by: 'focus' })}
        />
        <div className="flex flex-col border-t lg:border-l lg:border-t-0">
          <Boundary>
            <PoolPanel reading={reading} visit={visit} skewMs={api.skewMs()} />
          </Boundary>
          <div className="flex min-h-48 flex-1 flex-col border-t">
            <Boundary>
              <EventList log={log} />
            </Boundary>
          </div>
        </div>
      </div>
      <div className="min-h-13">
        {reading.pool && (
          <Boundary>
            <Running visit={visit} pool={reading.pool} probe={probe} requestLog={api.requestLog} />
          </Boundary>
        )}
      </div>
      {recoveries.length > 0 && (
        <Boundary>
          <Receipts recoveries={recoveries} reading={reading} share={share} />
        </Boundary>
      )}
      {createPortal(<HeaderControls paused={paused} onPause={togglePause} />, mountPoints.controls)}
      {showsChapters &&
        createPortal(
          <Boundary>
            <Chapters store={store} visit={visit} reading={reading} />
          </Boundary>,
          mountPoints.chapters,
        )}
    </>
  )
}
