import type { HowToRecover, Receipt, RecoverBody } from '@warm-pods/core/api/contracts.ts'
import { ApiError } from '@warm-pods/core/api/errors.ts'
import { coldJobName, randomSuffix } from '@warm-pods/core/identity/names.ts'
import { newPodKey } from '@warm-pods/core/identity/token.ts'
import { type SessionRow, toPreviousJob } from '@warm-pods/core/state/state.ts'
import { Stopwatch } from '../lib/stopwatch.ts'
import type { Services } from '../services.ts'
import { type Caller, counts } from './claim.ts'
import { claimWarmSlot } from './claim-warm-slot.ts'
import { createSessionJob } from './create-session-job.ts'
import { admitRecovery } from './rate-limit.ts'
import { getSession, updateSession } from './update-session.ts'

/**
 * Replaces the pod of an epoch, under the next one. Asked again for the same epoch it answers with what it did.
 * @throws ApiError no_session, session_over, old_epoch, future_epoch, too_many_recoveries, contention, capacity.
 */
export async function recover(
  services: Services,
  caller: Caller,
  body: RecoverBody,
): Promise<{ row: SessionRow; repeated: boolean }> {
  const stages = new Stopwatch(services.monotonic)
  const [row, { slots }, visit] = await Promise.all([
    getSession(services, caller.sessionId),
    services.slots.read(),
    services.visitors.enter(caller.address, caller.sessionId, 'recover', services.now()),
  ])
  stages.mark('read')
  if (isRepeat(row, body)) {
    // The first may have died between its two writes: nothing is acknowledged that the audit does not know.
    await audit(services, row, body.how)
    return { row, repeated: true }
  }
  admitRecovery(services, visit)
  const next =
    body.how === 'heal'
      ? await heal(services, row, body.epoch)
      : await failOver(services, row, body.epoch, slots, stages)
  await Promise.all([audit(services, next, body.how, row), services.invokeRefill()])
  return { row: next, repeated: false }
}

/** @throws ApiError session_over, old_epoch, future_epoch. */
function isRepeat(row: SessionRow, body: RecoverBody): boolean {
  if (row.state === 'ended') throw new ApiError('session_over')
  if (body.epoch === row.epoch - 1) return true
  const received = { field: 'epoch', expected: String(row.epoch), received: String(body.epoch) }
  if (body.epoch < row.epoch) throw new ApiError('old_epoch', received)
  if (body.epoch > row.epoch) throw new ApiError('future_epoch', received)
  return false
}

/**
 * Another call of the same visitor has replaced this epoch in the meantime. One that has given the session back has
 * ended it for good: the slot taken for it is retired by refill, since nobody has been told of its pod.
 * @throws ApiError session_over.
 */
function hasPassed(now: SessionRow, epoch: number): boolean {
  if (now.state === 'ended') throw new ApiError('session_over')
  return now.epoch !== epoch
}

/** The session stays with its Job, whose controller makes the replacement. */
function heal(services: Services, row: SessionRow, epoch: number): Promise<SessionRow> {
  return updateSession(services, row, (now) => {
    if (hasPassed(now, epoch)) return undefined
    return { ...nextEpoch(services, now), state: 'recovering', ...killOf(now), ...left(now) }
  })
}

function left(row: SessionRow): { leftPodUid?: string } {
  const uid = row.pod?.uid ?? row.leftPodUid
  return uid === undefined ? {} : { leftPodUid: uid }
}

async function failOver(
  services: Services,
  row: SessionRow,
  epoch: number,
  slots: Parameters<typeof claimWarmSlot>[1],
  stages: Stopwatch,
): Promise<SessionRow> {
  const take = await claimWarmSlot(services, slots, {
    sessionId: row.sessionId,
    epoch: epoch + 1,
    visitor: row.visitor,
  })
  stages.mark('take')
  if (take.outcome === 'contention') throw new ApiError('contention')
  const receipt = (legs: Receipt['stages']): Receipt => ({
    ...counts(take),
    outcome: take.slot ? 'warm' : 'empty',
    stages: legs,
  })
  const fresh = take.slot ?? { job: coldJobName(row.sessionId, epoch + 1, randomSuffix()), key: newPodKey() }
  const next = await updateSession(services, row, (now) => {
    if (hasPassed(now, epoch)) return undefined
    return {
      ...nextEpoch(services, now),
      state: take.slot ? 'live' : 'starting',
      source: take.slot ? 'rescued' : 'cold',
      job: fresh.job,
      key: fresh.key,
      ...(take.slot ? { pod: take.slot.pod } : {}),
      oldJobs: [...now.oldJobs, toPreviousJob(now)],
      receipt: receipt(stages.legs()),
    }
  })
  stages.mark('record')
  // Another request of the same visitor was first: what it wrote stands, refill retires the pod this one took.
  if (next.job !== fresh.job) return next
  if (!take.slot && (await createSessionJob(services, next)) === 'quota')
    return healInstead(services, next, row)
  return { ...next, receipt: receipt(stages.legs()) }
}

/**
 * No room for another Job: the session's own still heals, which takes longer and costs nothing. There may have been room a
 * moment later: where refill has handed over the Job's pod meanwhile that stands, and a Job it has made is left behind.
 */
function healInstead(services: Services, row: SessionRow, before: SessionRow): Promise<SessionRow> {
  return updateSession(services, row, (now) =>
    hasPassed(now, row.epoch) || now.job !== row.job || now.state !== 'starting'
      ? undefined
      : {
          ...now,
          state: 'recovering',
          source: before.source,
          job: before.job,
          key: before.key,
          ...killOf(before),
          ...left(before),
          oldJobs: [...now.oldJobs.filter((old) => old.job !== before.job), toPreviousJob(now)],
          receipt: { ...now.receipt, outcome: 'capacity' },
        },
  )
}

/** The kill that ended this epoch, if it was a kill that ended it. */
function killOf(row: SessionRow): Pick<SessionRow, 'kill'> {
  return row.kill?.epoch === row.epoch ? { kill: row.kill } : {}
}

/** The session one epoch on, with no pod as yet, and without the kill of the epoch before. */
function nextEpoch(services: Services, row: SessionRow): SessionRow {
  const nowMs = services.now()
  const { leftPodUid: _leftPodUid, kill: _kill, pod: _pod, ...rest } = row
  return { ...rest, epoch: row.epoch + 1, epochAtMs: nowMs, replacedAtMs: nowMs, seenAtMs: nowMs }
}

/** @param before the session as it was; without it, what the row still tells of the epoch before. */
async function audit(
  services: Services,
  after: SessionRow,
  how: HowToRecover,
  before?: SessionRow,
): Promise<void> {
  const left = after.oldJobs.find((old) => old.epoch === after.epoch - 1)
  const fromJob = before?.job ?? left?.job
  const fromPod = before?.pod?.name ?? left?.pod?.name
  const wasKilled = before ? before.kill?.epoch === before.epoch : left?.kill !== undefined
  await services.sessions.record(after.sessionId, 'replaced', after.replacedAtMs ?? after.epochAtMs, {
    how,
    epoch: after.epoch,
    ...(how === 'failover' ? { source: after.source } : {}),
    because: wasKilled ? 'killed' : 'lost',
    ...(fromJob ? { fromJob } : {}),
    toJob: after.job,
    ...(fromPod ? { fromPod } : {}),
    ...(after.pod ? { toPod: after.pod.name } : {}),
  })
}
