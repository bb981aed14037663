import type { Receipt } from '@warm-pods/core/api/contracts.ts'
import { ApiError } from '@warm-pods/core/api/errors.ts'
import { coldJobName, randomSuffix } from '@warm-pods/core/identity/names.ts'
import { newPodKey } from '@warm-pods/core/identity/token.ts'
import type { SessionRow } from '@warm-pods/core/state/state.ts'
import { Stopwatch } from '../lib/stopwatch.ts'
import type { Services } from '../services.ts'
import { claimWarmSlot, type Take } from './claim-warm-slot.ts'
import { createSessionJob } from './create-session-job.ts'
import { admitClaim } from './rate-limit.ts'

export interface Caller {
  readonly sessionId: string
  readonly address: string
}

/**
 * Gives a visitor their session: the one they have, or a new one on a warm pod, or one on a pod that starts now.
 * Kubernetes is not on the warm path; three round trips to DynamoDB are.
 * @throws ApiError session_over, too_many_claims, too_many_sessions, contention, capacity.
 */
export async function claim(services: Services, { address, sessionId }: Caller): Promise<SessionRow> {
  const stages = new Stopwatch(services.monotonic)
  const [existing, { slots }, visit] = await Promise.all([
    services.sessions.get(sessionId),
    services.slots.read(),
    services.visitors.enter(address, sessionId, 'claim', services.now()),
  ])
  const { visitor } = visit
  stages.mark('read')
  if (existing) {
    // A reload is no claim: only what asks for another pod counts. A session is on the account of the address that
    // claimed it; one that is over is on none.
    const elsewhere = existing.visitor !== visitor
    if (existing.state === 'ended' || elsewhere) await services.visitors.leave(visitor, sessionId)
    if (existing.state !== 'ended') await services.visitors.forgive(visitor, 'claim', services.now())
    if (existing.state === 'starting' && existing.epoch === 1) await auditColdStart(services, existing)
    return stillGoing(existing)
  }
  await admitClaim(services, visit, sessionId)
  const take = await claimWarmSlot(services, slots, { sessionId, epoch: 1, visitor })
  stages.mark('take')
  switch (take.outcome) {
    case 'warm':
      return finishWarm(services, take, stages, sessionId, visitor)
    case 'contention':
      await refuse(services, sessionId, visitor, 'contention')
      throw new ApiError('contention')
    case 'empty':
      return startCold(services, take, stages, sessionId, visitor)
    default:
      return take.outcome satisfies never
  }
}

function stillGoing(row: SessionRow): SessionRow {
  if (row.state === 'ended') {
    throw new ApiError('session_over', {
      message: 'This session has ended. Make a new secret to get another pod.',
    })
  }
  return row
}

async function finishWarm(
  services: Services,
  take: Take,
  stages: Stopwatch,
  sessionId: string,
  visitor: string,
): Promise<SessionRow> {
  if (!take.slot) throw new Error('A warm take has a slot.')
  const { job, key, pod } = take.slot
  const receipt: Receipt = { ...counts(take), outcome: 'warm', stages: stages.legs() }
  const row: SessionRow = {
    ...newSession(services, sessionId, visitor),
    state: 'live',
    source: 'warm',
    job,
    key,
    pod,
    receipt,
  }
  const [created] = await Promise.all([services.sessions.create(row), services.invokeRefill()])
  stages.mark('record')
  // The same secret, twice at once: the other request's session stands, and refill retires the pod this one took.
  if (!created) return existingAfterRace(services, sessionId)
  return { ...row, receipt: { ...receipt, stages: stages.legs() } }
}

async function startCold(
  services: Services,
  take: Take,
  stages: Stopwatch,
  sessionId: string,
  visitor: string,
): Promise<SessionRow> {
  const receipt: Receipt = { ...counts(take), outcome: 'empty', stages: stages.legs() }
  const job = coldJobName(sessionId, 1, randomSuffix())
  const row: SessionRow = {
    ...newSession(services, sessionId, visitor),
    state: 'starting',
    source: 'cold',
    job,
    key: newPodKey(),
    receipt,
  }
  if (!(await services.sessions.create(row))) return existingAfterRace(services, sessionId)
  stages.mark('record')
  const [created] = await Promise.all([createSessionJob(services, row), auditColdStart(services, row)])
  if (created === 'quota') {
    const found = (await services.sessions.forget(row)) ? undefined : await services.sessions.get(sessionId)
    // There was room a moment later, and refill has been on: the session is under way after all.
    if (found) return stillGoing(found)
    await refuse(services, sessionId, visitor, 'capacity')
    throw new ApiError('capacity')
  }
  await services.invokeRefill()
  stages.mark('create')
  return { ...row, receipt: { ...receipt, stages: stages.legs() } }
}

function auditColdStart(services: Services, { createdAtMs, job, sessionId }: SessionRow): Promise<void> {
  return services.sessions.record(sessionId, 'requested', createdAtMs, { found: 'no warm pod', job })
}

/** A session as it is born, apart from its pod. */
export function newSession(services: Pick<Services, 'limits' | 'now'>, sessionId: string, visitor: string) {
  const nowMs = services.now()
  const { leaseMs, lifetimeMs } = services.limits
  return {
    sessionId,
    visitor,
    version: 1,
    epoch: 1,
    createdAtMs: nowMs,
    epochAtMs: nowMs,
    seenAtMs: nowMs,
    connectedEpoch: 0,
    leaseEndsAtMs: nowMs + leaseMs,
    endsAtMs: nowMs + lifetimeMs,
    oldJobs: [],
    heals: [],
    settled: false,
  } as const
}

export function counts({
  candidates,
  tries,
  conflicts,
}: Take): Pick<Receipt, 'candidates' | 'tries' | 'conflicts'> {
  return { candidates, tries, conflicts }
}

async function existingAfterRace(services: Services, sessionId: string): Promise<SessionRow> {
  const row = await services.sessions.get(sessionId)
  if (!row) throw new ApiError('contention')
  return stillGoing(row)
}

/** What a refusal leaves behind: a count for everyone, a line in the audit, and nothing on the visitor's account. */
async function refuse(
  services: Services,
  sessionId: string,
  visitor: string,
  because: 'contention' | 'capacity',
): Promise<void> {
  const nowMs = services.now()
  await Promise.all([
    services.visitors.leave(visitor, sessionId),
    services.stats.count('refused', nowMs),
    services.sessions.record(sessionId, 'refused', nowMs, { because }),
  ])
}
