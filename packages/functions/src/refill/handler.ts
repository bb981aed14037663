/** The refill Lambda. The schedule invokes it each minute; claims, recoveries and releases invoke it asynchronously. */
import { workIn } from '@warm-pods/core/state/work.ts'
import { logAsLambda, logGatewayUnchecked } from '../lib/log.ts'
import { makeServices, type Services } from '../services.ts'
import { type ReconcileSummary, reconcile } from './reconcile.ts'

let services: Services | undefined

/**
 * Reconciles the pool. The event names the rows that have changed; any other event means all rows. Refill acts on their present state.
 * @throws the error of DynamoDB or Kubernetes when refill could not read, so that Lambda retries the event.
 */
export async function handler(event: unknown): Promise<ReconcileSummary> {
  if (!services) {
    services = makeServices(process.env)
    logAsLambda(services.config.metricsNamespace)
    if (!services.gateway) logGatewayUnchecked()
  }
  return reconcile(services, services.limits.refillRunMs, workIn(event))
}
