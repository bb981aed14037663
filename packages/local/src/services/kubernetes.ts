/** Kubernetes as a process of its own, with its pods in its process group. */
import { writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { limitsWith } from '@warm-pods/core/limits.ts'
import { startKubernetes } from '@warm-pods/local-kubernetes/engine.ts'
import { kubeconfigFor } from '@warm-pods/local-kubernetes/kubeconfig.ts'
import type { CommandOf } from '@warm-pods/local-kubernetes/kubelet/container-runner.ts'
import { runPart } from '../supervisor/run-service.ts'

export interface KubernetesSettings {
  readonly port: number
  /** The file that leads kubectl here. */
  readonly kubeconfig: string
  readonly context: string
  readonly namespace: string
  /** The one image of this node; a container of it is a process of packages/pod. */
  readonly image: string
  /** Where Node keeps compiled pods: the second and later pods of a machine start faster. */
  readonly compileCache: string
}

const POD_PROGRAM = fileURLToPath(import.meta.resolve('@warm-pods/pod/main.ts'))

await runPart(async (settings: KubernetesSettings) => {
  const kubernetes = await startKubernetes({
    host: '127.0.0.1',
    port: settings.port,
    nodeName: 'this-machine',
    zone: 'local-a',
    region: 'local',
    version: 'v1.36.3',
    command: commandFor(settings),
  })
  await makeNamespace(kubernetes.url, settings.namespace)
  // Readable by the owner alone, as kubectl expects of a kubeconfig.
  const kubeconfig = kubeconfigFor({ ...settings, url: kubernetes.url })
  await writeFile(settings.kubeconfig, kubeconfig, { mode: 0o600 })
  return { ready: {}, close: () => kubernetes.close() }
})

function commandFor({ compileCache, image }: KubernetesSettings): CommandOf {
  return ({ container, endpoint }) =>
    container.image === image
      ? {
          file: process.execPath,
          args: [POD_PROGRAM],
          env: {
            NODE_COMPILE_CACHE: compileCache,
            // Where loopback has one address only, the pod's own is a name and it listens somewhere else.
            ...(endpoint ? { POD_IP: endpoint.host, POD_PORT: String(endpoint.port) } : {}),
          },
        }
      : undefined
}

/** The namespace and the quota that `k8s/` makes in a real cluster: the cap on Jobs is Kubernetes' own refusal. */
async function makeNamespace(url: string, name: string): Promise<void> {
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
  const answer = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })
  if (!answer.ok) throw new Error(`POST ${url} was answered ${answer.status}: ${await answer.text()}`)
}
