import { lazy, type ReactNode } from 'react'
import { Boundary } from '../components/error-boundary.tsx'
import { WAIT } from '../copy/first-paint.ts'
import { retryImport } from '../lib/retry-import.ts'
import type { Visit } from '../visit/state/visit-state.ts'
import { headline, needsHelp, type RichText, underline } from './headline-text.ts'
import { Elapsed, LeaseCountdown, Remaining } from './ticking.tsx'

const loadWaitHelp = () => retryImport(() => import('./wait-help.tsx'))
const loadFailureDetails = () => retryImport(() => import('./failure-details.tsx'))
const WaitHelp = lazy(loadWaitHelp)
const FailureDetails = lazy(loadFailureDetails)
/** Load the texts of rare states. */
export const LOAD_HELP: readonly (() => Promise<unknown>)[] = [loadWaitHelp, loadFailureDetails]

/**
 * The state of the visit in one sentence, its timer, and the line under it.
 *
 * Each text is the only child of its element. React then sets the text of that element, even after a translator has
 * replaced the text by elements of its own.
 */
export function Headline({
  visit,
  skewMs,
  target,
}: {
  visit: Visit
  skewMs: number
  /** Slots of the pool; undefined before its first reading. */
  target: number | undefined
}) {
  const line = underline(visit)
  return (
    <>
      <h2 className="headline">
        <HeadlineText sentence={headline(visit, target)} />
        <HeadlineTimer visit={visit} skewMs={skewMs} />
        {visit.paused !== 'no' && <span className="text-muted-foreground">{` ${WAIT.pausedMark}`}</span>}
      </h2>
      <p className="under">
        {line && <span>{`${line} `}</span>}
        {needsHelp(visit) && (
          <Boundary>
            <WaitHelp visit={visit} skewMs={skewMs} />
          </Boundary>
        )}
        <UnderTimer visit={visit} />
      </p>
    </>
  )
}

function HeadlineText({ sentence }: { sentence: RichText }) {
  const parts = [...sentence, ' ']
  return parts.map((part, i) =>
    typeof part === 'string' ? (
      // biome-ignore lint/suspicious/noArrayIndexKey: the parts of a sentence have no other identity
      <span key={i}>{part}</span>
    ) : (
      <strong key={part.pod} className="font-semibold text-pod" translate="no">
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
    case 'reconnecting':
      return <Elapsed sinceMs={phase.path.sinceMs} className="font-normal text-kill" />
    case 'expiring':
      return <LeaseCountdown endsAt={phase.session.leaseEndsAt} skewMs={skewMs} />
    default:
      return null
  }
}

function UnderTimer({ visit: { phase, paused } }: { visit: Visit }): ReactNode {
  if (paused !== 'no') return <span>{WAIT.paused}</span>
  switch (phase.status) {
    case 'exhausted':
    case 'blocked':
      return <RetryTimer before={WAIT.retryIn} untilMs={phase.retryMs} />
    case 'limited':
      return <RetryTimer before={limitedWait(phase)} untilMs={phase.retryMs} />
    case 'offline':
      return phase.retryMs === undefined ? null : <RetryTimer before={WAIT.retryIn} untilMs={phase.retryMs} />
    case 'failed':
      return (
        <Boundary>
          <FailureDetails requestId={phase.requestId} lastWorkedMs={phase.lastWorkedMs} />
        </Boundary>
      )
    default:
      return null
  }
}

function RetryTimer({ before, untilMs }: { before: string; untilMs: number }) {
  return (
    <>
      <span>{`${before} `}</span>
      <Remaining untilMs={untilMs} />
      <span>.</span>
    </>
  )
}

/** The text before the countdown. A network at its limit gets a pod sooner when one of its tabs gives its pod back. */
function limitedWait({ promised, atMost }: Extract<Visit['phase'], { status: 'limited' }>): string {
  if (!promised) return WAIT.retryIn
  return atMost ? WAIT.anotherWithin : WAIT.anotherIn
}
