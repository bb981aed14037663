import type { ClusterFacts } from '../cluster/cluster.ts'
import type { Data } from '../functions/tables.ts'
import { metricsNamespace } from '../observability/metric-math.ts'
import type { Settings } from './settings.ts'

/**
 * The environment of a Lambda that runs the control plane: packages/functions/src/config.ts names what it wants, and
 * the tests hold the two together. There is no secret among it: the token for Kubernetes is made from the role.
 */
export function controlPlane(
  s: Settings,
  tables: Data,
  k8s: ClusterFacts,
  refillFunction: $util.Input<string>,
): Record<string, $util.Input<string>> {
  return {
    POOL_TABLE: tables.pool.name,
    SESSIONS_TABLE: tables.sessions.name,
    REFILL_FUNCTION: refillFunction,
    KUBERNETES_ENDPOINT: k8s.endpoint,
    KUBERNETES_CA: k8s.ca,
    EKS_CLUSTER: k8s.name,
    CLUSTER_NAME: k8s.name,
    NAMESPACE: s.namespace,
    IMAGE: k8s.image,
    GATEWAY_URL: k8s.gatewayUrl,
    SITE_ORIGIN: s.siteOrigin,
    LIMITS: JSON.stringify(s.limits),
    METRICS_NAMESPACE: metricsNamespace(),
  }
}
