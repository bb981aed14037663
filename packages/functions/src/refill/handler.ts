/** The refill Lambda: woken by the schedule each minute, and asynchronously after every claim, recovery and release. */
import { logAsLambda } from '../lib/log.ts'
import { makeServices, type Services } from '../services.ts'
import { type ReconcileSummary, reconcile } from './reconcile.ts'

let services: Services | undefined

/**
 * What woke it does not matter and is not read: it looks at what is.
 * @throws Error when a dependency does not answer, so that Lambda tries the event again.
 */
export async function handler(_event: unknown): Promise<ReconcileSummary> {
  if (!services) {
    services = makeServices(process.env)
    logAsLambda(services.config.metricsNamespace)
  }
  return reconcile(services, services.limits.refillRunMs)
}
