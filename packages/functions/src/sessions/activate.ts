import type { Step } from '@warm-pods/core/planner/step.ts'
import { claimTime, type SessionRow } from '@warm-pods/core/state/session.ts'
import { activate as activateSession } from '@warm-pods/core/transitions/activate.ts'
import type { Services } from '../services.ts'
import { auditActivated } from './audit.ts'
import { updateSession } from './update-session.ts'

/**
 * Gives a Ready pod to the session that waits for it. Both the page's poll and refill call this; the first one wins.
 * Errors of DynamoDB pass through.
 * @returns the session as it stands afterwards.
 * @throws ApiError no_session, unavailable.
 */
export async function activate(services: Services, step: Step & { do: 'activate' }): Promise<SessionRow> {
  const { session, healed } = step
  const nowMs = services.now()
  const { row, changed } = await updateSession(services, session, (now) =>
    activateSession(now, session, step, nowMs),
  )
  if (!changed) return row
  const isColdStart = session.state === 'starting' && row.epoch === 1
  await Promise.all([
    auditActivated(services, session, row, step),
    healed && services.stats.measure('heal', healed.healMs, nowMs),
    isColdStart ? services.stats.count('cold', nowMs, claimTime(row)) : undefined,
  ])
  return row
}
