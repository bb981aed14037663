/** The service of the local Kubernetes. Its pods are processes in the same process group. */
import { writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { limitsWith } from '@warm-pods/core/limits.ts'
import { startKubernetes } from '@warm-pods/local-kubernetes/engine.ts'
import { kubeconfigFor } from '@warm-pods/local-kubernetes/kubeconfig.ts'
import type { CommandOf } from '@warm-pods/local-kubernetes/kubelet/container-runner.ts'
import type { Endpoint } from '@warm-pods/local-kubernetes/kubelet/pod-addresses.ts'
import { fetchText } from '../http/fetch-text.ts'
import { metricsEndpoint } from '../monitor/metrics-endpoint.ts'
import { runService } from '../supervisor/run-service.ts'

export interface KubernetesSettings {
  readonly port: number
  /** The kubeconfig file to write, absolute. */
  readonly kubeconfig: string
  readonly context: string
  readonly namespace: string
  /** The only image that this node has. A container with this image is a process of packages/pod. */
  readonly image: string
  /** Folder of Node's compile cache, absolute. All pods but the first then start faster. */
  readonly compileCache: string
}

const POD_PROGRAM = fileURLToPath(import.meta.resolve('@warm-pods/pod/main.ts'))

await runService(async (settings: KubernetesSettings) => {
  const kubernetes = await startKubernetes({
    host: '127.0.0.1',
    port: settings.port,
    nodeName: 'this-machine',
    zone: 'local-a',
    region: 'local',
    version: 'v1.36.3',
    command: commandFor(settings),
  })
  await createNamespace(kubernetes.url, settings.namespace)
  // Readable by the owner only, as kubectl expects.
  const kubeconfig = kubeconfigFor({ ...settings, url: kubernetes.url })
  await writeFile(settings.kubeconfig, kubeconfig, { mode: 0o600 })
  return { ready: {}, close: () => kubernetes.close() }
})

function commandFor({ compileCache, image }: KubernetesSettings): CommandOf {
  return ({ container, endpoint, env }) =>
    container.image === image
      ? {
          file: process.execPath,
          args: [POD_PROGRAM],
          env: { NODE_COMPILE_CACHE: compileCache, ...(endpoint ? listenAt(endpoint, env) : {}) },
        }
      : undefined
}

/** Where loopback has only one address, the pod's IP is only a name, and the pod listens at its endpoint. */
function listenAt(
  endpoint: Endpoint,
  { METRICS_PORT }: Readonly<Record<string, string>>,
): Record<string, string> {
  const metrics = METRICS_PORT
    ? { METRICS_PORT: String(metricsEndpoint(endpoint, Number(METRICS_PORT)).port) }
    : {}
  return { POD_IP: endpoint.host, POD_PORT: String(endpoint.port), ...metrics }
}

/** Creates the namespace and the quota that `k8s/` creates in a real cluster. Kubernetes then enforces the cap on Jobs. */
async function createNamespace(url: string, name: string): Promise<void> {
  await post(`${url}/api/v1/namespaces`, {
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: { name, labels: { 'pod-security.kubernetes.io/enforce': 'restricted' } },
  })
  await post(`${url}/api/v1/namespaces/${name}/resourcequotas`, {
    apiVersion: 'v1',
    kind: 'ResourceQuota',
    metadata: { name: 'cost-cap' },
    spec: { hard: { 'count/jobs.batch': String(limitsWith(JSON.parse(process.env.LIMITS ?? '{}')).cap) } },
  })
}

async function post(url: string, body: object): Promise<void> {
  const { status, text } = await fetchText(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })
  if (status > 299) throw new Error(`POST ${url} failed with ${status}: ${text}`)
}
