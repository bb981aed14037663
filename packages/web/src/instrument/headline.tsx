import { lazy, type ReactNode } from 'react'
import { Boundary } from '../components/error-boundary.tsx'
import { WAIT } from '../copy/first-paint.ts'
import { retryImport } from '../lib/retry-import.ts'
import type { Visit } from '../visit/state/visit-state.ts'
import { headline, needsHelp, type RichText, underline } from './headline-text.ts'
import { Elapsed, LeaseCountdown } from './ticking.tsx'

/** Loads the line under the headline in rare states. */
export const loadWaitHelp = () => retryImport(() => import('./wait-help.tsx'))
const WaitHelp = lazy(loadWaitHelp)

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
        {visit.paused !== 'no' && <span>{WAIT.paused}</span>}
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
