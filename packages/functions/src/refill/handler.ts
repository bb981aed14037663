/** The refill Lambda. The schedule invokes it each minute; claims, recoveries and releases invoke it asynchronously. */
import { logAsLambda, logGatewayUnchecked } from '../lib/log.ts'
import { makeServices, type Services } from '../services.ts'
import { type ReconcileSummary, reconcile } from './reconcile.ts'

let services: Services | undefined

/**
 * Reconciles the pool. The event is not read: refill acts on the present state.
 * @throws the error of DynamoDB or Kubernetes when refill could not read, so that Lambda retries the event.
 */
export async function handler(_event: unknown): Promise<ReconcileSummary> {
  if (!services) {
    services = makeServices(process.env)
    logAsLambda(services.config.metricsNamespace)
    if (!services.gateway) logGatewayUnchecked()
  }
  return reconcile(services, services.limits.refillRunMs)
}
