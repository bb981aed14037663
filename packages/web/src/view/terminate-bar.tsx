import type { HowToDie, HowToRecover } from '@warm-pods/core/contracts.ts'
import { ChevronUp } from 'lucide-react'
import { useState } from 'react'
import { Button } from '@/components/ui/button'
import { Segmented } from '@/components/ui/segmented'
import { cn } from '@/lib/utils'
import { BUTTON, HOW, RECOVER } from '../sentences.ts'
import type { Visit } from '../visit/session.ts'
import { type MainAction, mainAction } from './actions.ts'
import { useNow } from './use-now.ts'

export interface Ways {
  readonly how: HowToDie
  readonly recover: HowToRecover
}

interface Props {
  readonly visit: Visit
  readonly ways: Ways
  readonly onWays: (ways: Ways) => void
  readonly onAct: (does: MainAction['does']) => void
  readonly onCancel: () => void
}

const HOWS = (['polite', 'crash', 'freeze'] as const).map((value) => ({ value, ...HOW[value] }))
const RECOVERS = (['failover', 'heal'] as const).map((value) => ({ value, ...RECOVER[value] }))

/** The main button and how the pod dies and comes back; on a phone it sticks to the lower edge, the ways folded away. */
export function TerminateBar({ visit, ways, onWays, onAct, onCancel }: Props) {
  const [unfolded, setUnfolded] = useState(false)
  const action = mainAction(visit)
  return (
    <div className="fixed inset-x-0 bottom-0 z-10 border-t border-foreground/30 bg-background px-4 py-2.5 lg:static lg:z-auto lg:border-t-0 lg:bg-transparent lg:p-0">
      <div className="flex flex-col-reverse gap-x-6 gap-y-3 lg:flex-row lg:flex-wrap lg:items-center">
        <div className="flex gap-2">
          <MainButton action={action} onAct={onAct} />
          {visit.phase.status === 'expiring' && !visit.phase.atLimit && (
            <Button variant="outline" onClick={() => onAct('terminate')}>
              {BUTTON.terminate}
            </Button>
          )}
          {visit.phase.status === 'provisioning' && (
            <Button variant="outline" onClick={onCancel}>
              {BUTTON.cancel}
            </Button>
          )}
          <Button
            variant="outline"
            className="px-3 lg:hidden"
            aria-expanded={unfolded}
            aria-controls="ways"
            onClick={() => setUnfolded(!unfolded)}
          >
            <span>{HOW[ways.how].label}</span>
            <ChevronUp
              aria-hidden="true"
              className={cn('size-4 transition-transform', unfolded && 'rotate-180')}
            />
          </Button>
        </div>
        <div
          id="ways"
          className={cn(
            'flex-col gap-x-6 gap-y-2 lg:flex lg:flex-row lg:flex-wrap',
            unfolded ? 'flex' : 'hidden',
          )}
        >
          <Segmented
            label="It dies"
            value={ways.how}
            options={HOWS}
            onChange={(how) => onWays({ ...ways, how })}
          />
          <Segmented
            label="then"
            value={ways.recover}
            options={RECOVERS}
            onChange={(recover) => onWays({ ...ways, recover })}
          />
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
      aria-disabled={sleeping}
      className="min-h-12 min-w-44 flex-1 px-6 text-base font-semibold lg:flex-none"
      onClick={() => !sleeping && onAct(action.does)}
    >
      {action.label}
      {waitsS > 0 && <span className="font-normal tabular-nums">in {waitsS} s</span>}
    </Button>
  )
}
