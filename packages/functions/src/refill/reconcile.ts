import type { Work } from '@warm-pods/core/state/work.ts'
import { logReconciliation, logSecondError } from '../lib/log.ts'
import type { Services } from '../services.ts'
import { Reconciliation } from './reconciliation.ts'

/** What one invocation of refill did. */
export interface ReconcileSummary {
  readonly passes: number
  readonly steps: number
  /** True when changes were still expected: another invocation holds the lease, or the time was up. */
  readonly waiting: boolean
}

/**
 * Reconciles the pool: reads, plans and executes, until nothing is left to do. Only one invocation holds the lease.
 * Another one counts a pending trigger and returns, so a burst of claims does not cause a burst of reconciliations.
 *
 * With nothing left to do, the lease is released only if no trigger was counted meanwhile. After `budgetMs` or an error it is
 * released at any count. A trigger counted just before that waits for the next invocation, which then compares every row.
 * @param budgetMs how long it may take, in milliseconds.
 * @param work the rows that have changed. An invocation compares them alone if the last one left the pool at rest.
 * @throws the error of DynamoDB or Kubernetes when it could not read. The lease is released first.
 */
export async function reconcile(
  services: Services,
  budgetMs: number,
  work: Work = 'all',
): Promise<ReconcileSummary> {
  const startedMs = services.monotonic()
  const reconciliation = new Reconciliation(services, work)
  let waiting: boolean
  try {
    waiting = await reconciliation.run(() => budgetMs - (services.monotonic() - startedMs))
  } catch (error) {
    // A second error must not replace the first, which is the cause.
    await reconciliation.release().catch((second: unknown) => logSecondError('release the lease', second))
    throw error
  }
  if (waiting) await reconciliation.release()
  const { passes, steps, warm } = reconciliation
  logReconciliation({ passes, steps, ms: Math.round(services.monotonic() - startedMs), waiting, warm })
  return { passes, steps, waiting }
}
