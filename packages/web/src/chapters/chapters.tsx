import type { Session } from '@warm-pods/core/api/contracts.ts'
import { memo } from 'react'
import { Diagram } from '../diagram/diagram.tsx'
import type { PoolReading } from '../visit/pool-poller.ts'
import type { Outage, Phase } from '../visit/state/phase.ts'
import type { Visit } from '../visit/state/visit-state.ts'
import type { VisitStore } from '../visit/visit.ts'
import { podOrigin } from './claim-model.ts'
import { ClaimReceipt } from './claim-receipt.tsx'
import { ForecastPanel } from './forecast.tsx'

export { Running } from './running.tsx'

interface Props {
  readonly store: VisitStore
  readonly visit: Visit
  readonly reading: PoolReading
}

/** The chapters below the visit. A chunk of its own, because it is not needed before the first pong. */
function Chapters({ store, visit, reading }: Props) {
  const session = sessionOf(visit.phase)
  const { pool } = reading
  return (
    <>
      <div className="grid gap-x-12 gap-y-10 pt-10 lg:grid-cols-2">
        <ClaimReceipt
          session={session}
          origin={session && podOrigin(session, outageBefore(visit, session))}
        />
        {pool && <ForecastPanel pool={pool} />}
      </div>
      {pool && <Diagram store={store} visit={visit} reading={reading} pool={pool} />}
    </>
  )
}

/** The session of the pod that the visitor holds. While it is replaced: of the pod before, so that nothing moves. */
function sessionOf(phase: Phase): Session | undefined {
  if ('session' in phase && phase.session.pod) return phase.session
  return 'outage' in phase ? phase.outage.of : undefined
}

/** Returns the outage that the pod of this session ended. After a reload the page does not know it. */
function outageBefore({ phase, recoveries }: Visit, { epoch }: Session): Outage | undefined {
  if ('outage' in phase && phase.outage.of.epoch < epoch) return phase.outage
  return recoveries.find(({ to }) => to.epoch === epoch)?.outage
}

export default memo(Chapters)
