import { type KeyboardEvent, lazy, memo, useState } from 'react'
import { Button } from '@/components/ui/button'
import { BucketTable } from '../chart/bucket-table.tsx'
import { ChartFrame } from '../chart/chart-frame.tsx'
import { useDrawRate } from '../chart/draw-rate.ts'
import { Boundary } from '../components/error-boundary.tsx'
import { INSTRUMENT, KEYS_BUTTON } from '../copy/first-paint.ts'
import { retryImport } from '../lib/retry-import.ts'
import type { Probe } from '../probe/probe.ts'
import type { Frame } from '../probe/protocol.ts'
import { useProbe } from '../probe/use-probe.ts'
import { isHolding } from '../visit/state/phase.ts'
import type { Visit } from '../visit/state/visit-state.ts'
import type { KillOptions } from './kill-options.tsx'
import type { MainAction } from './main-action.ts'
import { StatTiles } from './stat-tiles.tsx'
import { TerminateBar } from './terminate-bar.tsx'

const Keys = lazy(() => retryImport(() => import('./keys.tsx')))

interface Props {
  readonly probe: Probe
  readonly visit: Visit
  readonly options: KillOptions
  readonly onOptions: (change: Partial<KillOptions>) => void
  readonly onAct: (does: MainAction['does']) => void
  readonly onCancel: () => void
  readonly onFailOver: () => void
  readonly onPause: () => void
  readonly onExport: () => void
  readonly onFocusChange: (focused: boolean) => void
}

/** Numbers, chart and main button. Its keys work only while the focus is inside it. */
export function Instrument({
  probe,
  visit,
  options,
  onOptions,
  onAct,
  onCancel,
  onFailOver,
  onPause,
  onExport,
  onFocusChange,
}: Props) {
  const [keys, setKeys] = useState(false)
  const paused = visit.paused !== 'no'
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.repeat) return
    if (event.key === '?') setKeys(!keys)
    else if (event.key === 'k' || event.key === 'K') onAct('terminate')
    else if (event.key === 'e' || event.key === 'E') onExport()
    // On a button the space bar presses the button.
    else if (
      event.key === ' ' &&
      !(event.target instanceof HTMLElement && event.target.closest('button, summary'))
    ) {
      event.preventDefault()
      onPause()
    }
  }
  return (
    <section aria-label={INSTRUMENT} className="flex min-w-0 flex-col" onKeyDown={onKeyDown}>
      <Live probe={probe} visit={visit} paused={paused} onFocusChange={onFocusChange} />
      <div className="lg:border-t lg:px-4 lg:py-3">
        <TerminateBar
          visit={visit}
          options={options}
          onOptions={onOptions}
          onAct={onAct}
          onCancel={onCancel}
          onFailOver={onFailOver}
        />
      </div>
      <div className="relative">
        <LiveTable probe={probe} paused={paused} />
        <Button
          variant="quiet"
          size="small"
          aria-expanded={keys}
          className="absolute top-0 right-1.5 max-lg:hidden"
          onClick={() => setKeys(!keys)}
        >
          {KEYS_BUTTON}
        </Button>
      </div>
      {keys && (
        <Boundary>
          <Keys />
        </Boundary>
      )}
    </section>
  )
}

interface LiveProps extends Pick<Props, 'probe' | 'visit' | 'onFocusChange'> {
  readonly paused: boolean
}

/** Numbers and chart. Only this and the table are rendered again for each frame, four times a second. */
function Live({ probe, visit, paused, onFocusChange }: LiveProps) {
  const frame = useFrame(probe, paused)
  useDrawRate(probe, frame)
  return (
    <>
      <StatTiles
        statistics={frame?.statistics}
        silent={!isHolding(visit.phase) && visit.phase.status !== 'terminating'}
      />
      <Boundary>
        <ChartFrame frame={frame} visit={visit} onFocusChange={onFocusChange} />
      </Boundary>
    </>
  )
}

const LiveTable = memo(function LiveTable({ probe, paused }: { probe: Probe; paused: boolean }) {
  return <BucketTable frame={useFrame(probe, paused)} />
})

/** The newest frame of the probe. While the page is paused: the frame at which it was paused. */
function useFrame(probe: Probe, paused: boolean): Frame | undefined {
  const latest = useProbe(probe)
  const [shown, setShown] = useState(latest)
  if (!paused && shown !== latest) setShown(latest)
  return paused ? shown : latest
}
