import { lazy, useEffect, useState } from 'react'
import { Button } from '@/components/ui/button'
import { disclosureTrigger } from '@/components/ui/disclosure'
import { Icon } from '@/components/ui/icon'
import { cn } from '@/lib/utils'
import { Boundary } from '../components/error-boundary.tsx'
import { BUTTON, HOW, RECOVER } from '../copy/first-paint.ts'
import { whenIdle } from '../lib/idle.ts'
import { preload, retryImport } from '../lib/retry-import.ts'
import { useNow } from '../lib/use-now.ts'
import { useWide } from '../lib/use-wide.ts'
import { isWaitingForHeal } from '../visit/state/phase.ts'
import type { Visit } from '../visit/state/visit-state.ts'
import type { KillOptions } from './kill-options.tsx'
import { type MainAction, mainAction } from './main-action.ts'

const loadOptions = () => retryImport(() => import('./kill-options.tsx'))
const KillOptionsChooser = lazy(loadOptions)

interface Props {
  readonly visit: Visit
  readonly options: KillOptions
  readonly onOptions: (change: Partial<KillOptions>) => void
  readonly onAct: (does: MainAction['does']) => void
  readonly onCancel: () => void
  readonly onFailOver: () => void
}

/** The main button and the kill options. On a phone it sticks to the lower edge, and the options are folded. */
export function TerminateBar({ visit, options, onOptions, onAct, onCancel, onFailOver }: Props) {
  const [unfolded, setUnfolded] = useState(false)
  const wide = useWide()
  // On a phone the options are folded, and unfolding them must not wait for their chunk.
  useEffect(() => whenIdle(() => preload(loadOptions)), [])
  const { phase } = visit
  const press: Props['onAct'] = (does) => {
    // On a phone the options cover the chart, which shows the kill now.
    setUnfolded(false)
    onAct(does)
  }
  return (
    <div className="fixed inset-x-0 bottom-0 z-10 border-t border-foreground/40 bg-background px-4 py-2.5 lg:static lg:z-auto lg:border-t-0 lg:bg-transparent lg:p-0 print:hidden">
      <div className="flex flex-col-reverse gap-x-6 gap-y-3 lg:flex-row lg:items-start">
        <div className="flex flex-wrap gap-2 sm:flex-nowrap lg:flex-col">
          <MainButton action={mainAction(visit)} onAct={press} />
          {phase.status === 'expiring' && !phase.atLimit && (
            <Button variant="outline" onClick={() => onAct('terminate')}>
              {BUTTON.terminate}
            </Button>
          )}
          {phase.status === 'idle' && phase.why === 'elsewhere' && (
            <Button variant="outline" onClick={() => onAct('ask')}>
              {BUTTON.get}
            </Button>
          )}
          {phase.status === 'provisioning' && (
            <Button variant="outline" onClick={onCancel}>
              {BUTTON.cancel}
            </Button>
          )}
          {phase.status === 'recovering' && isWaitingForHeal(phase) && (
            <Button variant="outline" onClick={onFailOver}>
              {BUTTON.failOver}
            </Button>
          )}
          <Button
            variant="outline"
            className="lg:hidden"
            aria-label={BUTTON.options(HOW[options.how].label, RECOVER[options.recover].label)}
            {...disclosureTrigger(unfolded, 'kill-options', () => setUnfolded(!unfolded))}
          >
            <span>{BUTTON.how(HOW[options.how].label)}</span>
            <Icon name="fold" className={cn('size-4 transition-transform', unfolded && 'rotate-180')} />
          </Button>
        </div>
        <div
          id="kill-options"
          className={cn(
            'min-h-11 flex-col gap-x-4 gap-y-1.5 lg:flex lg:min-h-[6.25rem] lg:flex-1 lg:flex-row lg:flex-wrap lg:content-start',
            unfolded ? 'flex' : 'hidden',
          )}
        >
          {(wide || unfolded) && (
            <Boundary>
              <KillOptionsChooser visit={visit} options={options} onOptions={onOptions} />
            </Boundary>
          )}
        </div>
      </div>
    </div>
  )
}

function MainButton({ action, onAct }: { action: MainAction; onAct: Props['onAct'] }) {
  const now = useNow(250)
  const waitsS = Math.max(0, Math.ceil(((action.wakesMs ?? 0) - now) / 1_000))
  const sleeping = action.does === 'nothing' || waitsS > 0
  return (
    <Button
      variant={action.does === 'terminate' || action.does === 'nothing' ? 'kill' : 'solid'}
      size="main"
      aria-disabled={sleeping}
      onClick={() => !sleeping && onAct(action.does)}
    >
      <span>{action.label}</span>
      {waitsS > 0 && (
        <span className="font-normal whitespace-nowrap tabular-nums">{BUTTON.wakesIn(waitsS)}</span>
      )}
    </Button>
  )
}
