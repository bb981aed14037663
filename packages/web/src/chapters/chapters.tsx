import type { Session } from '@warm-pods/core/api/contracts.ts'
import { memo } from 'react'
import { Diagram } from '../diagram/diagram.tsx'
import type { PoolReading } from '../visit/pool-poller.ts'
import type { Phase } from '../visit/state/phase.ts'
import type { Recovery } from '../visit/state/recovery.ts'
import type { Visit } from '../visit/state/reducer.ts'
import type { VisitStore } from '../visit/visit.ts'
import { ClaimReceipt } from './claim-receipt.tsx'
import { ForecastPanel } from './forecast.tsx'

export { Running } from './running.tsx'

interface Props {
  readonly store: VisitStore
  readonly visit: Visit
  readonly reading: PoolReading
}

/** What the page tells beside the visit itself. A chunk of its own: nobody needs it before the first pong. */
function Chapters({ store, visit, reading }: Props) {
  const session = sessionOf(visit.phase)
  const { pool } = reading
  return (
    <>
      <div className="grid gap-x-12 gap-y-10 pt-10 lg:grid-cols-2">
        <ClaimReceipt session={session} healed={isHealed(visit.recoveries[0], session)} />
        {pool && <ForecastPanel pool={pool} />}
      </div>
      {pool && <Diagram store={store} visit={visit} reading={reading} pool={pool} />}
    </>
  )
}

/** The session with the pod that is held or was held last: while one is replaced the page stands still. */
function sessionOf(phase: Phase): Session | undefined {
  if ('session' in phase && phase.session.pod) return phase.session
  return 'outage' in phase ? phase.outage.of : undefined
}

/** Whether the pod of this session was made by the Job controller, and claimed by nobody. */
function isHealed(recovery: Recovery | undefined, session: Session | undefined): boolean {
  return recovery?.outage.recover === 'heal' && recovery.to.epoch === session?.epoch
}

export default memo(Chapters)
