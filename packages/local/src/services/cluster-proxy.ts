/** The proxy to the user's own cluster. It takes the place of the local Kubernetes. */
import { createApiClient, type Impersonation } from '../cluster-context/api-client.ts'
import { startClusterProxy } from '../cluster-context/cluster-proxy.ts'
import { loadContext } from '../cluster-context/kubeconfig-files.ts'
import { runService } from '../supervisor/run-service.ts'

export interface ClusterProxySettings {
  readonly port: number
  readonly context: string
  readonly kubeconfigs: readonly string[]
  readonly namespace: string
  readonly impersonation: Impersonation
}

await runService(async (settings: ClusterProxySettings) => {
  const { context, impersonation, kubeconfigs, namespace, port } = settings
  const client = createApiClient(loadContext(kubeconfigs, context))
  // The token is not in the settings: those are command-line arguments, which every user of this machine can read.
  const token = process.env.CLUSTER_PROXY_TOKEN ?? ''
  const proxy = await startClusterProxy({ port, client, namespace, impersonation, token })
  return {
    ready: {},
    async close() {
      await proxy.close()
      client.close()
    },
  }
})
