import type { Receipt, RecoverBody } from '@warm-pods/core/api/contracts.ts'
import { ApiError } from '@warm-pods/core/api/errors.ts'
import { coldJobName, randomSuffix } from '@warm-pods/core/identity/names.ts'
import { newPodKey } from '@warm-pods/core/identity/token.ts'
import type { SessionRow } from '@warm-pods/core/state/session.ts'
import type { WarmSlot } from '@warm-pods/core/state/slot.ts'
import { sessionWork, slotWork } from '@warm-pods/core/state/work.ts'
import {
  failOver as failOverSession,
  heal,
  healInstead,
  isRepeatedRecovery,
} from '@warm-pods/core/transitions/recover.ts'
import { Stopwatch } from '../lib/stopwatch.ts'
import type { Services } from '../services.ts'
import type { PoolRead } from '../store/slots.ts'
import { auditReplaced } from './audit.ts'
import type { Caller } from './caller.ts'
import { claimWarmSlot } from './claim-warm-slot.ts'
import { createSessionJob } from './create-session-job.ts'
import { checkRecoveryLimit } from './rate-limit.ts'
import { updateSession } from './update-session.ts'

/** The session after a recovery, and the slot that this request has claimed, if any. */
interface Recovered {
  readonly row: SessionRow
  readonly slot?: WarmSlot | undefined
}

/**
 * Replaces the pod of an epoch, under the next one. A repeated request for the same epoch returns the session as it is.
 * Errors of DynamoDB and Kubernetes pass through.
 * @throws ApiError no_session, session_over, old_epoch, future_epoch, too_many_recoveries, contention, unavailable.
 */
export async function recover(services: Services, caller: Caller, body: RecoverBody): Promise<SessionRow> {
  const stopwatch = new Stopwatch(services.monotonic)
  const [{ session: row, pool }, usage] = await Promise.all([
    services.claimReads.read(caller.sessionId),
    services.rateLimits.recordRequest(caller.address, caller.sessionId, 'recover', services.now()),
  ])
  stopwatch.mark('read')
  if (!row) throw new ApiError('no_session')
  if (isRepeatedRecovery(row, body.epoch)) {
    // The first Lambda may have crashed before it wrote the audit row.
    await auditReplaced(services, row, body.how)
    return row
  }
  checkRecoveryLimit(services, usage)
  // Without a kill, the loss of this pod may be the loss of others too.
  const isExplained = row.kill?.epoch === body.epoch
  if (!isExplained) await services.refill.reportDoubt(services.now())
  const nowMs = services.now()
  const { row: next, slot }: Recovered =
    body.how === 'heal'
      ? await updateSession(services, row, (now) => heal(now, body.epoch, nowMs))
      : await failOver(services, row, body.epoch, isExplained ? pool : inDoubt(pool), caller, stopwatch)
  const work = [sessionWork(row.sessionId), ...(slot ? [slotWork(slot.slot)] : [])]
  await Promise.all([auditReplaced(services, next, body.how, row), services.invokeRefill(work)])
  return next
}

/** The pool as it was read before this request reported a doubt. */
function inDoubt({ refill, ...pool }: PoolRead): PoolRead {
  return { ...pool, refill: { ...refill, doubts: refill.doubts + 1 } }
}

/** @throws ApiError session_over, contention, unavailable. */
async function failOver(
  services: Services,
  row: SessionRow,
  epoch: number,
  pool: PoolRead,
  { requestId }: Caller,
  stopwatch: Stopwatch,
): Promise<Recovered> {
  const { sessionId, visitor } = row
  const { outcome, slot, counts } = await claimWarmSlot(services, pool, {
    sessionId,
    epoch: epoch + 1,
    visitor,
    requestId,
  })
  stopwatch.mark('take')
  if (outcome === 'contention') throw new ApiError('contention')
  const receipt = (): Receipt => ({ ...counts, outcome, stages: stopwatch.legs() })
  const next = slot ?? { job: coldJobName(sessionId, epoch + 1, randomSuffix()), key: newPodKey() }
  const [claimReceipt, nowMs] = [receipt(), services.now()]
  const { row: moved } = await updateSession(services, row, (now) =>
    failOverSession(now, epoch, { ...next, requestId }, claimReceipt, nowMs),
  )
  stopwatch.mark('record')
  // Another request of the same visitor came first: its session stands, and refill retires this one's slot.
  if (moved.job !== next.job) return { row: moved, slot }
  if (!slot && (await createSessionJob(services, moved)) === 'quota')
    return updateSession(services, moved, (now) => healInstead(now, moved, row))
  return { row: { ...moved, receipt: receipt() }, slot }
}
