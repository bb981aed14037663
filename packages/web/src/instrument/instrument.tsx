import { type KeyboardEvent, lazy, useState } from 'react'
import { BucketTable } from '../chart/bucket-table.tsx'
import { ChartFrame } from '../chart/chart-frame.tsx'
import { useDrawRate } from '../chart/draw-rate.ts'
import { Boundary } from '../lib/error-boundary.tsx'
import { retryImport } from '../lib/retry-import.ts'
import type { Probe } from '../probe/probe.ts'
import type { Frame } from '../probe/protocol.ts'
import { isHolding } from '../visit/state/phase.ts'
import type { Visit } from '../visit/state/reducer.ts'
import type { Ways } from './kill-options.tsx'
import type { MainAction } from './main-action.ts'
import { Tiles } from './stat-tiles.tsx'
import { TerminateBar } from './terminate-bar.tsx'

const Keys = lazy(() => retryImport(() => import('./keys.tsx')))

interface Props {
  readonly frame: Frame | undefined
  readonly probe: Probe
  readonly visit: Visit
  readonly ways: Ways
  readonly onWays: (ways: Ways) => void
  readonly onAct: (does: MainAction['does']) => void
  readonly onCancel: () => void
  readonly onPause: () => void
  readonly onExport: () => void
  readonly onFocusChange: (focused: boolean) => void
}

/** Numbers, chart and button: the part that has keys of its own while the focus is inside it, and only then. */
export function Instrument({
  frame,
  probe,
  visit,
  ways,
  onWays,
  onAct,
  onCancel,
  onPause,
  onExport,
  onFocusChange,
}: Props) {
  useDrawRate(probe, frame)
  const [keys, setKeys] = useState(false)
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
    <section aria-label="Instrument" className="flex min-w-0 flex-col" onKeyDown={onKeyDown}>
      <Tiles
        statistics={frame?.statistics}
        silent={!isHolding(visit.phase) && visit.phase.status !== 'terminating'}
      />
      <ChartFrame frame={frame} visit={visit} onFocusChange={onFocusChange} />
      <div className="lg:border-t lg:px-4 lg:py-3">
        <TerminateBar visit={visit} ways={ways} onWays={onWays} onAct={onAct} onCancel={onCancel} />
      </div>
      {keys && (
        <Boundary fallback={null}>
          <Keys />
        </Boundary>
      )}
      <BucketTable frame={frame} />
    </section>
  )
}
