import type { HowToDie, HowToRecover } from '@warm-pods/core/api/contracts.ts'
import { Segmented } from '@/components/ui/segmented'
import { HINTS } from '../copy/chapters.ts'
import { HOW, RECOVER } from '../copy/first-paint.ts'

/** How the pod dies and what comes after. */
export interface Ways {
  readonly how: HowToDie
  readonly recover: HowToRecover
}

interface Props {
  readonly ways: Ways
  readonly onWays: (ways: Ways) => void
}

const HOWS = (['polite', 'crash', 'freeze'] as const).map((value) => ({ value, ...HOW[value] }))
const RECOVERS = (['failover', 'heal'] as const).map((value) => ({ value, ...RECOVER[value] }))

/** The two choices. Radix comes with them, so they are a chunk of their own: the button sleeps for 5 s anyway. */
export default function WaysChooser({ ways, onWays }: Props) {
  return (
    <>
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
      <p className="w-full text-sm text-muted-foreground">
        {HINTS[ways.how]} {HINTS[ways.recover]}
      </p>
    </>
  )
}
