/** The service for the browser: page, API and WebSockets on one origin. */
import { makeServices } from '@warm-pods/functions/services.ts'
import { podEndpoint } from '@warm-pods/local-kubernetes/kubelet/pod-addresses.ts'
import { trackGatewayEndpoints } from '../cluster-context/gateway-endpoints.ts'
import { createGatewayProxy } from '../cluster-context/gateway-proxy.ts'
import { INTEGRATION_TIMEOUT_MS } from '../dev-server/api.ts'
import { queueClaims } from '../dev-server/claim-queue.ts'
import { type DevServerOptions, startDevServer } from '../dev-server/dev-server.ts'
import { createGateway } from '../gateway/gateway.ts'
import { runService } from '../supervisor/run-service.ts'

export interface DevServerSettings {
  readonly port: number
  /** Folder of the built page, absolute. */
  readonly page: string
  readonly functionName: string
  /** Where the pods run: as processes of this machine, or in a cluster with its own gateway. */
  readonly pods: { readonly kind: 'local' } | { readonly kind: 'cluster'; readonly routable: boolean }
}

interface MountedGateway extends AsyncDisposable {
  readonly gateway: DevServerOptions['gateway']
}

/** On one machine all visitors share one address, and so do the handshakes of refill. As in k8s/overlays/local/cluster.conf. */
const MAX_PER_ADDRESS = 256

await runService(async ({ port, page, functionName, pods }: DevServerSettings) => {
  const mounted = pods.kind === 'local' ? localGateway() : await clusterGateway(pods.routable)
  const server = await startDevServer({
    port,
    page,
    gateway: mounted.gateway,
    api: {
      name: functionName,
      handler: queueClaims(makeServices(process.env)),
      timeoutMs: INTEGRATION_TIMEOUT_MS,
    },
    onError: (requestId, error) => console.error(`request ${requestId}: ${error}`),
  })
  return {
    ready: {},
    async close() {
      await mounted[Symbol.asyncDispose]()
      await server.close()
    },
  }
})

function localGateway(): MountedGateway {
  const gateway = createGateway({ resolve: (ip) => podEndpoint(ip), maxPerAddress: MAX_PER_ADDRESS })
  return { gateway, [Symbol.asyncDispose]: () => gateway[Symbol.asyncDispose]() }
}

/** Reaches the cluster by the same variables as the functions in this process. */
async function clusterGateway(routable: boolean): Promise<MountedGateway> {
  const {
    KUBERNETES_ENDPOINT: endpoint = '',
    KUBERNETES_TOKEN: token = '',
    NAMESPACE: namespace = '',
  } = process.env
  const endpoints = await trackGatewayEndpoints({
    endpoint,
    token,
    namespace,
    routable,
    onProblem: console.error,
  })
  const gateway = createGatewayProxy(endpoints)
  return {
    gateway,
    async [Symbol.asyncDispose]() {
      gateway.close()
      await endpoints[Symbol.asyncDispose]()
    },
  }
}
