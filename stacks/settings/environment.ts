import type { ClusterInfo } from '../cluster/cluster.ts'
import type { Tables } from '../functions/tables.ts'
import { metricsNamespace } from '../observability/metric-math.ts'
import type { Settings } from './settings.ts'

/**
 * Returns the environment variables of the API and refill Lambdas, as packages/functions/src/config.ts parses them.
 * A test compares the two lists. None is a secret: the Lambda derives its Kubernetes token from its IAM role.
 */
export function controlPlaneEnvironment(
  settings: Settings,
  tables: Tables,
  cluster: ClusterInfo,
  refillFunction: $util.Input<string>,
): Record<string, $util.Input<string>> {
  return {
    POOL_TABLE: tables.pool.name,
    SESSIONS_TABLE: tables.sessions.name,
    REFILL_FUNCTION: refillFunction,
    // Without KUBERNETES_ENDPOINT, the Lambda asks EKS for the endpoint and the CA.
    EKS_CLUSTER: cluster.name,
    CLUSTER_NAME: cluster.name,
    NAMESPACE: settings.namespace,
    IMAGE: cluster.image,
    POD_METRICS: podMetrics(settings),
    GATEWAY_URL: cluster.gatewayUrl,
    SITE_ORIGIN: settings.siteOrigin,
    LIMITS: JSON.stringify(settings.limits),
    METRICS_NAMESPACE: metricsNamespace(),
  }
}

/** Both readers need the pods' port. Datadog's agents also read an annotation. */
function podMetrics({ monitoring }: Settings): '' | 'on' | 'datadog' {
  if (monitoring.includes('datadog')) return 'datadog'
  return monitoring.includes('prometheus') ? 'on' : ''
}
