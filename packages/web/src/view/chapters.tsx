import { memo } from 'react'
import type { PoolReading } from '../visit/pool-poller.ts'
import type { Visit } from '../visit/session.ts'
import type { VisitStore } from '../visit/visit.ts'
import { ClaimReceipt } from './claim-receipt.tsx'
import { Diagram } from './diagram.tsx'
import { ForecastPanel } from './forecast.tsx'

export { Running } from './running.tsx'

interface Props {
  readonly store: VisitStore
  readonly visit: Visit
  readonly reading: PoolReading
}

/** What the page tells beside the visit itself. A chunk of its own: nobody needs it before the first pong. */
function Chapters({ store, visit, reading }: Props) {
  const { phase } = visit
  const { pool } = reading
  return (
    <>
      <div className="grid gap-x-12 gap-y-10 pt-10 lg:grid-cols-2">
        <ClaimReceipt session={'session' in phase && phase.session.pod ? phase.session : undefined} />
        {pool && <ForecastPanel pool={pool} />}
      </div>
      {pool && <Diagram store={store} visit={visit} reading={reading} pool={pool} />}
    </>
  )
}

export default memo(Chapters)
