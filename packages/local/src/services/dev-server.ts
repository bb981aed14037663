/** What the browser talks to: page, API and sockets on one origin. */
import { makeServices } from '@warm-pods/functions/services.ts'
import { podEndpoint } from '@warm-pods/local-kubernetes/kubelet/pod-addresses.ts'
import { openWays } from '../cluster-context/gateway-endpoints.ts'
import { passToGateway } from '../cluster-context/pass-to-gateway.ts'
import { INTEGRATION_TIMEOUT_MS } from '../dev-server/api.ts'
import { queueClaims } from '../dev-server/claim-queue.ts'
import { type FrontOptions, startFront } from '../dev-server/dev-server.ts'
import { createGateway } from '../gateway/gateway.ts'
import { runPart } from '../supervisor/run-service.ts'

export interface FrontSettings {
  readonly port: number
  /** Folder of the built page, absolute. */
  readonly page: string
  readonly functionName: string
  /** Where the pods are: processes of this machine, or a cluster that has a gateway of its own. */
  readonly pods: { readonly kind: 'here' } | { readonly kind: 'cluster'; readonly routable: boolean }
}

interface GatewayHere extends AsyncDisposable {
  readonly gateway: FrontOptions['gateway']
}

await runPart(async ({ port, page, functionName, pods }: FrontSettings) => {
  const { gateway, ...opened } = pods.kind === 'here' ? here() : await inCluster(pods.routable)
  const front = await startFront({
    port,
    page,
    gateway,
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
      await opened[Symbol.asyncDispose]()
      await front.close()
    },
  }
})

function here(): GatewayHere {
  const gateway = createGateway({ resolve: (ip) => podEndpoint(ip) })
  return { gateway, [Symbol.asyncDispose]: () => gateway[Symbol.asyncDispose]() }
}

/** The functions of this process have been told where the cluster is; its gateway is looked up the same way. */
async function inCluster(routable: boolean): Promise<GatewayHere> {
  const {
    KUBERNETES_ENDPOINT: endpoint = '',
    KUBERNETES_TOKEN: token = '',
    NAMESPACE: namespace = '',
  } = process.env
  const ways = await openWays({ endpoint, token, namespace, routable })
  const gateway = passToGateway(ways)
  return {
    gateway,
    async [Symbol.asyncDispose]() {
      gateway.close()
      await ways[Symbol.asyncDispose]()
    },
  }
}
