/**
 * The address of the cluster's API server. This module is part of the lazy Kubernetes chunk, so a warm claim neither loads
 * the EKS client nor waits for it.
 */
import { type Cluster, DescribeClusterCommand, EKSClient } from '@aws-sdk/client-eks'
import type { Signing } from '../aws/sigv4.ts'
import type { Config, KubernetesConfig } from '../config.ts'
import { ClusterNotReady } from './errors.ts'

export interface Endpoint {
  readonly url: string
  /** Certificate authority: PEM, base64-encoded; empty for plain HTTP. */
  readonly ca: string
}

export interface ClusterEndpoint {
  /** @throws ClusterNotReady when EKS returns no endpoint; errors of EKS pass through. */
  get(): Promise<Endpoint>
  /** Called after a failed connection to `endpoint`: the next `get` asks EKS again. */
  expire(endpoint: Endpoint): void
  /**
   * Returns the status of an EKS cluster that is not ACTIVE, such as `UPDATING`, at most a minute old. Undefined when it
   * is ACTIVE, unknown, or when the cluster is not one of EKS. Never throws.
   */
  state(): Promise<string | undefined>
}

/** A status lives in the process for this long: `GET /health` needs no login and must not exhaust EKS's rate limit. */
const STATE_MAX_AGE_MS = 60_000
/** Short, because a visitor's call waits for EKS before the API server, and the page waits 10 s for both. */
const EKS_TIMEOUT_MS = { connect: 500, request: 1_000 }

/** Uses the configured endpoint. Without one, it asks EKS for the endpoint of the configured cluster. */
export function clusterEndpoint(
  { kubernetes, clusterRegion }: Pick<Config, 'kubernetes' | 'clusterRegion'>,
  credentials: Signing['credentials'] | undefined,
  monotonic: () => number,
): ClusterEndpoint {
  if (kubernetes.endpoint !== '') return fixedEndpoint(kubernetes)
  const eks = new EKSClient({
    region: clusterRegion,
    ...(credentials ? { credentials } : {}),
    maxAttempts: 2,
    requestHandler: {
      connectionTimeout: EKS_TIMEOUT_MS.connect,
      requestTimeout: EKS_TIMEOUT_MS.request,
      throwOnRequestTimeout: true,
    },
  })
  return eksEndpoint(kubernetes.eksCluster, eks, monotonic)
}

function fixedEndpoint({ endpoint, ca }: KubernetesConfig): ClusterEndpoint {
  const fixed = { url: endpoint, ca }
  return { get: async () => fixed, expire: () => {}, state: async () => undefined }
}

/**
 * The endpoint by `DescribeCluster`, kept for the life of the process. Concurrent callers share one request.
 * @param monotonic clock in ms.
 */
export function eksEndpoint(
  name: string,
  eks: Pick<EKSClient, 'send'>,
  monotonic: () => number,
): ClusterEndpoint {
  let known: Endpoint | undefined
  let isExpired = false
  let status: string | undefined
  let statusAtMs = Number.NEGATIVE_INFINITY
  let pending: Promise<void> | undefined

  async function describe(): Promise<void> {
    statusAtMs = monotonic()
    const { cluster } = await eks.send(new DescribeClusterCommand({ name }))
    status = cluster?.status ?? 'UNKNOWN'
    const next = endpointOf(cluster)
    // The same object for the same endpoint, so that the client keeps its connections.
    if (next?.url !== known?.url || next?.ca !== known?.ca) known = next
  }

  function describeOnce(): Promise<void> {
    pending ??= describe().finally(() => {
      pending = undefined
      isExpired = false
    })
    return pending
  }

  return {
    async get() {
      if (known && !isExpired) return known
      try {
        await describeOnce()
      } catch (error) {
        // EKS did not answer. The failed connection may have been an accident, so the known endpoint stays in use.
        if (known) return known
        throw error
      }
      if (known) return known
      throw new ClusterNotReady(name, status ?? 'UNKNOWN')
    },

    expire(endpoint) {
      if (endpoint === known) isExpired = true
    },

    async state() {
      if (monotonic() - statusAtMs > STATE_MAX_AGE_MS) await describeOnce().catch(() => undefined)
      else await pending?.catch(() => undefined)
      return status === 'ACTIVE' ? undefined : status
    },
  }
}

/** Returns undefined when a field is missing: EKS adds both while the cluster is CREATING. */
function endpointOf(cluster: Cluster | undefined): Endpoint | undefined {
  const url = cluster?.endpoint
  const ca = cluster?.certificateAuthority?.data
  return url && ca ? { url, ca } : undefined
}
