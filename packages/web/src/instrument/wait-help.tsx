import { PATH } from '../copy/path.ts'
import type { Visit } from '../visit/state/visit-state.ts'
import { LeaseCountdown } from './ticking.tsx'
import { waitHelp } from './wait-help-text.ts'

/** Why the visitor waits, and what the visitor can do. A chunk of its own, because these waits are rare. */
export default function WaitHelp({ visit, skewMs }: { visit: Visit; skewMs: number }) {
  const { phase } = visit
  return (
    <>
      <span>{`${waitHelp(visit)} `}</span>
      {phase.status === 'blocked' && (
        <>
          <span>{`${PATH.lease} `}</span>
          <LeaseCountdown endsAt={phase.session.leaseEndsAt} skewMs={skewMs} />
          <span>. </span>
        </>
      )}
    </>
  )
}
