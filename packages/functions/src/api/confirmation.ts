/** The age of refill's last look at Kubernetes, for the operations that show recorded facts. */
import type { Limits } from '@warm-pods/core/limits.ts'
import { isInDoubt, type RefillRow } from '@warm-pods/core/state/refill-row.ts'
import { ageMs } from '@warm-pods/core/time.ts'
import type { Services } from '../services.ts'

/**
 * Triggers refill when its last look at Kubernetes is too old for a reader, or the rows are in doubt. All readers together trigger
 * it once per `confirmAfterMs`, and once per `confirmRetryMs` after a look that failed. Errors of DynamoDB pass through.
 * @param refill the row as just read.
 */
export async function confirmIfOld(services: Services, refill: RefillRow, nowMs: number): Promise<void> {
  const { confirmedAtMs = 0, confirmRequestedAtMs = 0, lastRunAtMs = 0 } = refill
  const { confirmAfterMs, confirmRetryMs } = services.limits
  if (ageMs(confirmedAtMs, nowMs) <= confirmAfterMs && !isInDoubt(refill)) return
  const hasFailed = lastRunAtMs - confirmedAtMs > confirmAfterMs
  const everyMs = hasFailed ? confirmRetryMs : confirmAfterMs
  // The read of the row spares most of the readers a write that would be refused.
  const sinceMs = nowMs - confirmRequestedAtMs
  if (sinceMs >= 0 && sinceMs <= everyMs) return
  if (await services.refill.requestConfirmation(nowMs, everyMs)) await services.invokeRefill('all')
}

/** Why the recorded facts are too old to be shown as present ones; undefined when they are not. */
export function ageProblem(
  { confirmedAtMs }: RefillRow,
  nowMs: number,
  { confirmedMs }: Pick<Limits, 'confirmedMs'>,
): string | undefined {
  if (confirmedAtMs === undefined) return 'Refill has not confirmed the pool yet.'
  const age = ageMs(confirmedAtMs, nowMs)
  if (age === Number.POSITIVE_INFINITY) return 'Refill confirmed the pool by a clock that is ahead.'
  return age > confirmedMs ? `Refill last confirmed the pool ${Math.round(age / 1000)} s ago.` : undefined
}
