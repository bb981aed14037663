import { useEffect, useState, useSyncExternalStore } from 'react'
import { createPortal } from 'react-dom'
import { nowMs } from './lib/clock.ts'
import type { Probe } from './probe/probe.ts'
import { useProbe } from './probe/use-probe.ts'
import { canTerminate, type MainAction } from './view/actions.ts'
import { colourOf } from './view/chart-model.ts'
import { EarlierKills } from './view/earlier-kills.tsx'
import { Events } from './view/event-log.tsx'
import { HeaderControls } from './view/header-controls.tsx'
import { Headline } from './view/headline.tsx'
import { Instrument } from './view/instrument.tsx'
import { PoolPanel } from './view/pool-panel.tsx'
import { Receipt } from './view/receipt.tsx'
import type { Ways } from './view/terminate-bar.tsx'
import type { Api } from './visit/api.ts'
import type { EventLog } from './visit/log.ts'
import type { PoolPoller } from './visit/pool-poller.ts'
import type { VisitStore } from './visit/visit.ts'

export interface AppProps {
  readonly api: Api
  readonly probe: Probe
  readonly visit: VisitStore
  readonly pool: PoolPoller
  readonly log: EventLog
  /** Places of index.html that are drawn into from here. */
  readonly slots: { readonly controls: Element; readonly log: Element }
}

/** The page below its static text: one column of story, one instrument. */
export function App({ api, probe, visit: store, pool, log, slots }: AppProps) {
  const visit = useSyncExternalStore(store.subscribe, store.snapshot)
  const reading = useSyncExternalStore(pool.subscribe, pool.snapshot)
  const latest = useProbe(probe)
  const [ways, setWays] = useState<Ways>({ how: 'polite', recover: 'failover' })
  const paused = visit.paused !== 'no'
  // The frame that a pause holds on to; state and not a ref, because what is drawn depends on it.
  const [held, setHeld] = useState(latest)
  if (!paused && held !== latest) setHeld(latest)
  const frame = paused ? held : latest

  const { phase } = visit
  const epoch = 'session' in phase ? phase.session.epoch : 1
  useEffect(() => {
    document.documentElement.dataset.pod = String(colourOf(epoch))
  }, [epoch])

  const act = (does: MainAction['does']) => {
    if (does === 'ask') store.dispatch({ type: 'ask', atMs: nowMs() })
    if (does === 'keep') store.keep()
    if (does === 'watch') document.getElementById('pool')?.focus()
    if (does === 'terminate' && canTerminate(visit, nowMs()))
      store.dispatch({ type: 'kill', ...ways, atMs: nowMs() })
  }
  const togglePause = () =>
    store.dispatch(paused ? { type: 'resume', by: 'hand' } : { type: 'pause', by: 'hand' })
  const [kill, ...earlier] = visit.kills
  return (
    <>
      <Headline visit={visit} skewMs={api.skewMs()} />
      <div className="mt-6 grid border border-rule bg-card lg:grid-cols-[minmax(0,1fr)_20rem]">
        <Instrument
          frame={frame}
          probe={probe}
          visit={visit}
          ways={ways}
          onWays={setWays}
          onAct={act}
          onCancel={() => store.dispatch({ type: 'cancel' })}
          onPause={togglePause}
          onFocusChange={(focused) => store.dispatch({ type: focused ? 'pause' : 'resume', by: 'focus' })}
        />
        <div className="border-t lg:border-l lg:border-t-0">
          <PoolPanel reading={reading} visit={visit} skewMs={api.skewMs()} />
        </div>
      </div>
      {kill && <Receipt kill={kill} />}
      {earlier.length > 0 && <EarlierKills kills={earlier} />}
      {createPortal(<HeaderControls paused={paused} onPause={togglePause} />, slots.controls)}
      {createPortal(<Events log={log} />, slots.log)}
    </>
  )
}
