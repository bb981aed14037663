import type { Receipt } from '@warm-pods/core/api/contracts.ts'
import { ApiError } from '@warm-pods/core/api/errors.ts'
import { coldJobName, randomSuffix } from '@warm-pods/core/identity/names.ts'
import { newPodKey } from '@warm-pods/core/identity/token.ts'
import type { SessionRow } from '@warm-pods/core/state/session.ts'
import { sessionWork, slotWork } from '@warm-pods/core/state/work.ts'
import { createColdSession, createWarmSession } from '@warm-pods/core/transitions/create-session.ts'
import { Stopwatch } from '../lib/stopwatch.ts'
import type { Services } from '../services.ts'
import { auditRefused, auditRequested } from './audit.ts'
import type { Caller } from './caller.ts'
import { claimWarmSlot, type WarmClaim } from './claim-warm-slot.ts'
import { confirmPod } from './confirm-pod.ts'
import { createSessionJob } from './create-session-job.ts'
import { checkClaimLimits } from './rate-limit.ts'

/** A claim on its way: the new session's id, the visitor's hash, the request, and the stopwatch of the claim receipt. */
interface Claiming {
  readonly sessionId: string
  readonly visitor: string
  readonly requestId: string
  readonly stopwatch: Stopwatch
}

/**
 * Returns the visitor's session, or creates it on a warm pod, or on a pod that starts now. A warm claim makes three round
 * trips to DynamoDB and, if the slot is confirmed, none to Kubernetes. Errors of DynamoDB and Kubernetes pass through.
 * @throws ApiError session_over, too_many_claims, too_many_sessions, contention, capacity, unavailable.
 */
export async function claim(services: Services, caller: Caller): Promise<SessionRow> {
  const { address, requestId, sessionId } = caller
  const stopwatch = new Stopwatch(services.monotonic)
  const [{ session: existing, pool }, usage] = await Promise.all([
    services.claimReads.read(sessionId),
    services.rateLimits.recordRequest(address, sessionId, 'claim', services.now()),
  ])
  const { visitor } = usage
  stopwatch.mark('read')
  if (existing) {
    const row = await existingSession(services, existing, visitor)
    return confirmPod(services, caller, row, pool.refill.doubtedAtMs ?? 0)
  }
  await checkClaimLimits(services, usage, sessionId)
  const claimed = await claimWarmSlot(services, pool, { sessionId, epoch: 1, visitor, requestId })
  stopwatch.mark('take')
  const claiming = { sessionId, visitor, requestId, stopwatch }
  switch (claimed.outcome) {
    case 'warm':
      return createWarm(services, claimed, claiming)
    case 'contention':
      await refuse(services, claiming, 'contention')
      throw new ApiError('contention')
    case 'empty':
      return createCold(services, claimed, claiming)
    default:
      return claimed satisfies never
  }
}

/** @throws ApiError session_over. */
async function existingSession(services: Services, row: SessionRow, visitor: string): Promise<SessionRow> {
  const { rateLimits } = services
  // A reload does not count against the rate limit. A live session counts for the address that created it; an ended
  // session counts for none.
  const isElsewhere = row.visitor !== visitor
  if (row.state === 'ended' || isElsewhere) await rateLimits.removeSession(visitor, row.sessionId)
  if (row.state !== 'ended') await rateLimits.refundRequest(visitor, services.now())
  if (row.state === 'starting' && row.epoch === 1) await auditRequested(services, row)
  return assertActive(row)
}

/** @throws ApiError session_over. */
function assertActive(row: SessionRow): SessionRow {
  if (row.state === 'ended') {
    throw new ApiError('session_over', {
      message: 'This session has ended. Make a new secret to get another pod.',
    })
  }
  return row
}

async function createWarm(
  services: Services,
  { slot, counts }: WarmClaim & { outcome: 'warm' },
  { stopwatch, ...visit }: Claiming,
): Promise<SessionRow> {
  const receipt: Receipt = { ...counts, outcome: 'warm', stages: stopwatch.legs() }
  const row = createWarmSession({ ...visit, receipt }, slot, services.now(), services.limits)
  const [created] = await Promise.all([
    services.sessions.create(row),
    services.invokeRefill([slotWork(slot.slot)]),
  ])
  stopwatch.mark('record')
  // Two requests with the same secret at once: the other one's session stands, and refill retires this one's slot.
  if (!created) return existingAfterRace(services, visit.sessionId)
  return { ...row, receipt: { ...receipt, stages: stopwatch.legs() } }
}

async function createCold(
  services: Services,
  { counts }: WarmClaim,
  claiming: Claiming,
): Promise<SessionRow> {
  const { stopwatch, ...visit } = claiming
  const { sessionId } = visit
  const receipt: Receipt = { ...counts, outcome: 'empty', stages: stopwatch.legs() }
  const job = { job: coldJobName(sessionId, 1, randomSuffix()), key: newPodKey() }
  const row = createColdSession({ ...visit, receipt }, job, services.now(), services.limits)
  if (!(await services.sessions.create(row))) return existingAfterRace(services, sessionId)
  stopwatch.mark('record')
  const [created] = await Promise.all([createSessionJob(services, row), auditRequested(services, row)])
  if (created === 'quota') {
    const found = (await services.sessions.forget(row)) ? undefined : await services.sessions.get(sessionId)
    // Quota has freed up meanwhile, and refill has created the Job: the session goes on.
    if (found) return assertActive(found)
    await refuse(services, claiming, 'capacity')
    throw new ApiError('capacity')
  }
  await services.invokeRefill([sessionWork(sessionId)])
  stopwatch.mark('create')
  return { ...row, receipt: { ...receipt, stages: stopwatch.legs() } }
}

/** @throws ApiError contention, session_over. */
async function existingAfterRace(services: Services, sessionId: string): Promise<SessionRow> {
  const row = await services.sessions.get(sessionId)
  if (!row) throw new ApiError('contention')
  return assertActive(row)
}

/** Records a refused claim in the statistics and the audit, and takes it off the address's live sessions. */
async function refuse(
  services: Services,
  { sessionId, visitor }: Claiming,
  because: 'contention' | 'capacity',
): Promise<void> {
  const nowMs = services.now()
  await Promise.all([
    services.rateLimits.removeSession(visitor, sessionId),
    services.stats.count('refused', nowMs, { detail: `refused#${because}` }),
    auditRefused(services, sessionId, because, nowMs),
  ])
}
