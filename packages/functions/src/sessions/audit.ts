/**
 * The audit: one row in the Sessions table for each event of a session, for the owner to query. One function per event.
 * Rows are idempotent (see {@link SessionStore.record}), so a caller that may have crashed before may write its row again.
 * Errors of DynamoDB pass through.
 */
import type { ConnectedBody, EndReason, HowToDie, HowToRecover, Pod } from '@warm-pods/core/api/contracts.ts'
import type { Kill } from '@warm-pods/core/state/kill-state.ts'
import type { Healed, PreviousJob, SessionRow } from '@warm-pods/core/state/session.ts'
import type { ClaimedSlot } from '@warm-pods/core/state/slot.ts'
import { toIsoTime } from '@warm-pods/core/time.ts'
import type { SessionStore } from '../store/sessions.ts'

/** The facts of each event, as the owner reads them in the table. */
interface AuditFacts {
  requested: { found: 'no warm pod'; job: string; requestId?: string }
  claimed: {
    epoch: number
    source: 'warm' | 'rescued'
    slot: number
    gen: number
    job: string
    pod: string
    requestId?: string
  }
  refused: { because: 'contention' | 'capacity' }
  started: { epoch: number; pod: string; waitedMs: number }
  connected: { epoch: number; connectMs: number; firstPongMs: number; pod?: string }
  killed: { how: HowToDie; epoch: number; pod?: string }
  replaced: {
    how: HowToRecover
    epoch: number
    source?: SessionRow['source']
    because: 'killed' | 'lost'
    fromJob?: string
    toJob: string
    fromPod?: string
    toPod?: string
    requestId?: string
  }
  healed:
    | { epoch: number; pod: string; waitedMs: number; healMs?: number }
    | { epoch: number; how: HowToDie; healMs: number; job: string; keptFor: 'comparison' }
  extended: { leaseEndsAt: string }
  ended: { because: EndReason | undefined; epoch: number; lastedMs: number; pod?: string }
}

/** The store that the audit is written to. */
export interface Audit {
  readonly sessions: Pick<SessionStore, 'record'>
}

function record<Kind extends keyof AuditFacts>(
  { sessions }: Audit,
  sessionId: string,
  kind: Kind,
  atMs: number,
  facts: AuditFacts[Kind],
): Promise<void> {
  return sessions.record(sessionId, kind, atMs, { ...facts })
}

/** A claim found no warm pod, and requested a Job of its own. */
export function auditRequested(audit: Audit, row: SessionRow): Promise<void> {
  const { createdAtMs, job, sessionId } = row
  return record(audit, sessionId, 'requested', createdAtMs, { found: 'no warm pod', job, ...requestOf(row) })
}

function requestOf({ requestId }: Pick<SessionRow, 'requestId'>): { requestId?: string } {
  return requestId ? { requestId } : {}
}

/** A claim or a fail-over took this warm slot, and its session row names the slot's Job. */
export function auditClaimed(audit: Audit, claimed: ClaimedSlot): Promise<void> {
  const { claimedAtMs, epoch, gen, job, pod, sessionId, slot } = claimed
  const source = epoch === 1 ? 'warm' : 'rescued'
  return record(audit, sessionId, 'claimed', claimedAtMs, {
    ...{ epoch, source, slot, gen, job, pod: pod.name },
    ...requestOf(claimed),
  })
}

/** A claim was refused. */
export function auditRefused(
  audit: Audit,
  sessionId: string,
  because: 'contention' | 'capacity',
  atMs: number,
): Promise<void> {
  return record(audit, sessionId, 'refused', atMs, { because })
}

/** A waiting session got its pod: after a cold start, or because its Job healed. */
export function auditActivated(
  audit: Audit,
  before: SessionRow,
  after: SessionRow,
  { pod, healed }: { readonly pod: Pod; readonly healed?: Healed },
): Promise<void> {
  const atMs = after.epochAtMs
  const facts = { epoch: after.epoch, pod: pod.name, waitedMs: atMs - before.epochAtMs }
  if (before.state !== 'recovering') return record(audit, after.sessionId, 'started', atMs, facts)
  const timed = healed ? { ...facts, healMs: healed.healMs } : facts
  return record(audit, after.sessionId, 'healed', atMs, timed)
}

/** The page reported the first pong of an epoch. */
export function auditConnected(
  audit: Audit,
  { connectedAtMs, pod, sessionId }: SessionRow,
  { connectMs, epoch, firstPongMs }: ConnectedBody,
  nowMs: number,
): Promise<void> {
  const facts = { epoch, connectMs, firstPongMs, ...(pod ? { pod: pod.name } : {}) }
  return record(audit, sessionId, 'connected', connectedAtMs ?? nowMs, facts)
}

/** A kill was recorded. @param pod the pod that it names; absent while the session has none. */
export function auditKilled(
  audit: Audit,
  sessionId: string,
  { atMs, epoch, how }: Kill,
  pod?: Pick<Pod, 'name'>,
): Promise<void> {
  const facts = { how, epoch, ...(pod ? { pod: pod.name } : {}) }
  return record(audit, sessionId, 'killed', atMs, facts)
}

/**
 * A recovery replaced the pod of an epoch.
 * @param before the session as it was. Without it the facts come from the previous Jobs that `after` still records.
 */
export function auditReplaced(
  audit: Audit,
  after: SessionRow,
  how: HowToRecover,
  before?: SessionRow,
): Promise<void> {
  const left = after.previousJobs.find(({ epoch }) => epoch === after.epoch - 1)
  const fromJob = before?.job ?? left?.job
  const fromPod = before?.pod?.name ?? left?.pod?.name
  const wasKilled = before ? before.kill?.epoch === before.epoch : left?.kill !== undefined
  return record(audit, after.sessionId, 'replaced', after.replacedAtMs ?? after.epochAtMs, {
    how,
    epoch: after.epoch,
    ...(how === 'failover' ? { source: after.source } : {}),
    because: wasKilled ? 'killed' : 'lost',
    ...(fromJob ? { fromJob } : {}),
    toJob: after.job,
    ...(fromPod ? { fromPod } : {}),
    ...(after.pod ? { toPod: after.pod.name } : {}),
    ...requestOf(after),
  })
}

/** A Job that the session had left was kept until it healed, and its healing was timed. */
export function auditPreviousJobHealed(
  audit: Audit,
  sessionId: string,
  { epoch, job }: PreviousJob,
  how: HowToDie,
  { healMs }: Healed,
  atMs: number,
): Promise<void> {
  return record(audit, sessionId, 'healed', atMs, { epoch, how, healMs, job, keptFor: 'comparison' })
}

/** The visitor extended the lease. */
export function auditExtended(audit: Audit, row: SessionRow, atMs: number): Promise<void> {
  return record(audit, row.sessionId, 'extended', atMs, { leaseEndsAt: toIsoTime(row.leaseEndsAtMs) })
}

/** The session has ended. */
export function auditEnded(audit: Audit, row: SessionRow, endedAtMs: number): Promise<void> {
  return record(audit, row.sessionId, 'ended', endedAtMs, {
    because: row.endReason,
    epoch: row.epoch,
    lastedMs: endedAtMs - row.createdAtMs,
    ...(row.pod ? { pod: row.pod.name } : {}),
  })
}
