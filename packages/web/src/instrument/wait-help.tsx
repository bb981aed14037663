import type { ReactNode } from 'react'
import { PATH, RETRY } from '../copy/path.ts'
import { useNow } from '../lib/use-now.ts'
import type { Visit } from '../visit/state/visit-state.ts'
import { FailureDetails } from './failure-details.tsx'
import { LeaseCountdown } from './ticking.tsx'
import { waitHelp } from './wait-help-text.ts'

/**
 * Why the visitor waits, what the visitor can do, and until when the page waits. A chunk of its own, because these waits are rare.
 * While the chart is paused the line ends with that instead of the time.
 */
export default function WaitHelp({ visit, skewMs }: { visit: Visit; skewMs: number }) {
  const { paused, phase } = visit
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
      {paused === 'no' && untilWhen(phase)}
    </>
  )
}

function untilWhen(phase: Visit['phase']): ReactNode {
  switch (phase.status) {
    case 'exhausted':
    case 'blocked':
      return <RetryTimer before={RETRY.in} untilMs={phase.retryMs} />
    case 'limited':
      return <RetryTimer before={limitedWait(phase)} untilMs={phase.retryMs} />
    case 'offline':
      return phase.retryMs === undefined ? null : <RetryTimer before={RETRY.in} untilMs={phase.retryMs} />
    case 'failed':
      return <FailureDetails requestId={phase.requestId} lastWorkedMs={phase.lastWorkedMs} />
    default:
      return null
  }
}

/** Counts down to `untilMs`, as `42 s`. */
function RetryTimer({ before, untilMs }: { before: string; untilMs: number }) {
  const now = useNow(250)
  return (
    <>
      <span>{`${before} `}</span>
      <span className="tabular-nums" translate="no">
        {`${Math.max(0, Math.ceil((untilMs - now) / 1_000))} s`}
      </span>
      <span>.</span>
    </>
  )
}

/** The text before the countdown. A network at its limit gets a pod sooner when one of its tabs gives its pod back. */
function limitedWait({ promised, atMost }: Extract<Visit['phase'], { status: 'limited' }>): string {
  if (!promised) return RETRY.in
  return atMost ? RETRY.anotherWithin : RETRY.anotherIn
}
