import type { HowToDie, HowToRecover } from '@warm-pods/core/api/contracts.ts'
import { Segmented } from '@/components/ui/segmented'
import { CHOICES, HEAL_HINT, HINTS } from '../copy/chapters.ts'
import { HOW, RECOVER } from '../copy/first-paint.ts'
import { jobBackoff } from '../visit/state/job-backoff.ts'
import type { Visit } from '../visit/state/visit-state.ts'

/** How the pod dies and how it is replaced. */
export interface KillOptions {
  readonly how: HowToDie
  readonly recover: HowToRecover
}

interface Props {
  readonly visit: Visit
  readonly options: KillOptions
  readonly onOptions: (change: Partial<KillOptions>) => void
}

const HOWS = (['polite', 'crash', 'freeze'] as const).map((value) => ({ value, ...HOW[value] }))
const RECOVERS = (['failover', 'heal'] as const).map((value) => ({ value, ...RECOVER[value] }))

/** The two choices. A chunk of its own: the kill button is disabled for 5 s anyway. */
export default function KillOptionsChooser({ visit, options, onOptions }: Props) {
  const { ms, atLeast } = jobBackoff(visit)
  return (
    <>
      <Segmented
        label={CHOICES.how}
        value={options.how}
        options={HOWS}
        onChange={(how) => onOptions({ how })}
      />
      <Segmented
        label={CHOICES.recover}
        value={options.recover}
        options={RECOVERS}
        onChange={(recover) => onOptions({ recover })}
      />
      <p className="w-full text-sm text-muted-foreground">
        {`${HINTS[options.how]} ${options.recover === 'heal' ? HEAL_HINT(ms, atLeast) : HINTS.failover}`}
      </p>
    </>
  )
}
