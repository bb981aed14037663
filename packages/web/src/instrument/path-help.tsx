import { PATH } from '../copy/path.ts'
import type { Phase } from '../visit/state/phase.ts'
import { LeaseCountdown } from './ticking.tsx'

/** Explains why no socket is open, and lists what the visitor can do. Renders nothing for a path without a failure. */
export default function PathHelp({ phase, skewMs }: { phase: Phase; skewMs: number }) {
  return (
    <>
      <span>{`${helpOf(phase)} `}</span>
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

function helpOf(phase: Phase): string {
  if (phase.status === 'blocked') return phase.why === 'cut' ? PATH.cutAgain : PATH.refused
  if (phase.status === 'idle') return PATH.ended
  switch ('path' in phase ? phase.path.reach : undefined) {
    case 'answers':
      return PATH.answers
    case 'gateway_down':
      return PATH.gatewayDown
    case 'unknown':
      return PATH.unknown
    default:
      return phase.status === 'reconnecting' ? PATH.cut : ''
  }
}
