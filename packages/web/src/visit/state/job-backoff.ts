import type { Session } from '@warm-pods/core/api/contracts.ts'
import type { Visit } from './visit-state.ts'

/** The Job controller's first back-off and its longest, ms. */
const BACKOFF_MS = 10_000
const BACKOFF_MAX_MS = 360_000

/** How long the Job controller waits before it replaces a pod. */
export interface JobBackoff {
  readonly ms: number
  /** Whether the page has not seen all failures of the Job, so that the wait may be longer. */
  readonly atLeast: boolean
}

/**
 * Returns the back-off before the Job controller replaces the pod that died, or else the pod that is held. It doubles with each
 * failure of the Job (https://kubernetes.io/docs/concepts/workloads/controllers/job/#pod-backoff-failure-policy).
 */
export function jobBackoff({ recoveries, phase }: Visit): JobBackoff {
  const session = failing(phase)
  if (!session) return { ms: BACKOFF_MS, atLeast: false }
  const { id, source } = session
  let { epoch } = session
  const ms = (since: number) => Math.min(BACKOFF_MAX_MS, BACKOFF_MS * 2 ** (session.epoch - since))
  // A heal keeps the source, and no fail-over leads to "warm". So one Job has had every epoch of this session.
  if (source === 'warm') return { ms: ms(1), atLeast: false }
  for (const { to, outage, epoch: before } of recoveries) {
    if (to.id !== id || to.epoch !== epoch) continue
    if (outage.recover === 'failover') return { ms: ms(epoch), atLeast: false }
    epoch = before
  }
  return { ms: ms(epoch), atLeast: epoch > 1 }
}

/** Returns the session with the epoch of the pod that failed, or would fail. */
function failing(phase: Visit['phase']): Pick<Session, 'id' | 'source' | 'epoch'> | undefined {
  if ('outage' in phase) return phase.outage.of
  if (!('session' in phase)) return undefined
  const { session } = phase
  // A heal that a page before a reload began has moved the session to the next epoch.
  return session.state === 'recovering' ? { ...session, epoch: session.epoch - 1 } : session
}
