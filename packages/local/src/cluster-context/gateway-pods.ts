/** Reads the gateway's pods from the API server: which are Ready, and why others are not. */

export interface GatewayPod {
  readonly name: string
  readonly ip: string
}

export interface GatewayState {
  readonly ready: readonly GatewayPod[]
  /** All pods that are not terminating, Ready or not. */
  readonly pods: number
  /** Why a pod is not Ready: a reason of Kubernetes, such as `ErrImagePull`. */
  readonly problem?: string
}

export const GATEWAY_SELECTOR = 'app.kubernetes.io/name=warm-pods-gateway'
export const GATEWAY_PORT = 8080

/** @returns the request target that lists the gateway's pods. */
export function gatewayList(namespace: string): string {
  return `/api/v1/namespaces/${namespace}/pods?labelSelector=${encodeURIComponent(GATEWAY_SELECTOR)}`
}

/** The fields of a pod that are read here. https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/pod-v1/ */
interface PodObject {
  readonly metadata: {
    readonly name: string
    readonly deletionTimestamp?: string
    readonly labels?: Record<string, string>
  }
  readonly status?: {
    readonly podIP?: string
    readonly conditions?: readonly {
      readonly type: string
      readonly status: string
      readonly reason?: string
    }[]
    readonly containerStatuses?: readonly {
      readonly state?: { readonly waiting?: { readonly reason?: string } }
    }[]
  }
}

/** @param body the API server's response to {@link gatewayList}; anything but a list counts as an empty one. */
export function readGateways(body: unknown): GatewayState {
  const pods = podsIn(body).filter(({ metadata }) => metadata.deletionTimestamp === undefined)
  const ready = pods
    .filter(({ status }) =>
      status?.conditions?.some(({ type, status }) => type === 'Ready' && status === 'True'),
    )
    .map(({ metadata, status }) => ({ name: metadata.name, ip: status?.podIP ?? '' }))
    .filter(({ ip }) => ip !== '')
  const problem = pods.map(problemOf).find((found) => found !== undefined)
  return { ready, pods: pods.length, ...(problem === undefined ? {} : { problem }) }
}

/** @returns the region label of the first pod that has one. Kubernetes 1.35 copies it from the node (PodTopologyLabels). */
export function regionOfPods(body: unknown): string | undefined {
  return podsIn(body)
    .map(({ metadata }) => metadata.labels?.['topology.kubernetes.io/region'])
    .find((region) => region !== undefined && region !== '')
}

function podsIn(body: unknown): readonly PodObject[] {
  // An API server's PodList.
  return (body as { items?: readonly PodObject[] } | undefined)?.items ?? []
}

function problemOf({ status }: PodObject): string | undefined {
  const waiting = status?.containerStatuses?.[0]?.state?.waiting?.reason
  if (waiting !== undefined && waiting !== 'ContainerCreating' && waiting !== 'PodInitializing')
    return waiting
  const scheduled = status?.conditions?.find(({ type }) => type === 'PodScheduled')
  return scheduled?.status === 'False' ? (scheduled.reason ?? 'Unschedulable') : undefined
}
