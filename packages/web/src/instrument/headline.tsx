import type { ReactNode } from 'react'
import { WAIT } from '../copy/first-paint.ts'
import { BLANK } from '../lib/format.ts'
import type { Visit } from '../visit/state/reducer.ts'
import { headline, type RichText, underline } from './headline-text.ts'
import { Elapsed, LeaseCountdown, Remaining } from './ticking.tsx'

/** The state of the visit in one sentence, its timer, and the line under it. */
export function Headline({ visit, skewMs }: { visit: Visit; skewMs: number }) {
  return (
    <>
      <h2 className="headline">
        <HeadlineText sentence={headline(visit)} /> <HeadlineTimer visit={visit} skewMs={skewMs} />
        {visit.paused !== 'no' && <span className="text-muted-foreground"> {WAIT.pausedMark}</span>}
      </h2>
      <p className="under">
        {underline(visit)} <UnderTimer visit={visit} />
      </p>
    </>
  )
}

function HeadlineText({ sentence }: { sentence: RichText }) {
  return sentence.map((part) =>
    typeof part === 'string' ? (
      part
    ) : (
      <strong key={part.pod} className="font-semibold text-pod">
        {part.pod}
      </strong>
    ),
  )
}

function HeadlineTimer({ visit: { phase }, skewMs }: { visit: Visit; skewMs: number }): ReactNode {
  switch (phase.status) {
    case 'requesting':
    case 'connecting':
    case 'provisioning':
      return <Elapsed sinceMs={phase.askedMs} className="font-normal text-muted-foreground" />
    case 'terminating':
    case 'recovering':
    case 'lost':
      return <Elapsed sinceMs={phase.outage.atMs} decimals={2} className="font-normal text-kill" />
    case 'expiring':
      return <LeaseCountdown endsAt={phase.session.leaseEndsAt} skewMs={skewMs} />
    default:
      return null
  }
}

function UnderTimer({ visit: { phase, paused } }: { visit: Visit }): ReactNode {
  if (paused !== 'no') return WAIT.paused
  switch (phase.status) {
    case 'exhausted':
      return (
        <>
          {WAIT.retryIn} <Remaining untilMs={phase.retryMs} />.
        </>
      )
    case 'limited':
      return (
        <>
          {phase.promised ? WAIT.anotherIn : WAIT.retryIn} <Remaining untilMs={phase.retryMs} />.
        </>
      )
    case 'offline':
      return phase.retryMs === undefined ? null : (
        <>
          {WAIT.retryIn} <Remaining untilMs={phase.retryMs} />.
        </>
      )
    case 'failed':
      return <FailedDetails requestId={phase.requestId} lastWorkedMs={phase.lastWorkedMs} />
    default:
      return null
  }
}

function FailedDetails({
  requestId,
  lastWorkedMs,
}: {
  requestId: string | undefined
  lastWorkedMs: number | undefined
}) {
  const worked = WAIT.worked(lastWorkedMs === undefined ? undefined : Date.now() - lastWorkedMs)
  return (
    <>
      {WAIT.requestId}{' '}
      {requestId ? (
        <button
          type="button"
          className="font-mono text-[0.9em] underline underline-offset-4"
          title={WAIT.copyRequestId}
          onClick={() => void navigator.clipboard.writeText(requestId)}
        >
          {requestId}
        </button>
      ) : (
        BLANK
      )}
      , {worked}.
    </>
  )
}
