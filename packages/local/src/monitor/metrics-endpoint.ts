import type { Endpoint } from '@warm-pods/local-kubernetes/kubelet/pod-addresses.ts'

/** Pods that share 127.0.0.1 listen on 12,000 ports. Their metrics are on the 12,000 ports after those. */
const SHARED_OFFSET = 12_000
const SHARED_HOST = '127.0.0.1'

/**
 * Returns where a pod of this machine serves its metrics.
 * @param socket where it serves its WebSocket, from `podEndpoint`.
 * @param port the port in the Job's manifest. A pod with an address of its own uses it.
 */
export function metricsEndpoint(socket: Endpoint, port: number): Endpoint {
  const { host } = socket
  return host === SHARED_HOST ? { host, port: socket.port + SHARED_OFFSET } : { host, port }
}
