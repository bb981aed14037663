/** Keeps a file with the pods for a Prometheus that cannot watch Kubernetes. */
import { renameSync, writeFileSync } from 'node:fs'
import { podEndpoint } from '@warm-pods/local-kubernetes/kubelet/pod-addresses.ts'
import { type DiscoveredPod, podFile, type ScrapedSystem } from '@warm-pods/monitoring/prometheus-config.ts'
import { metricsEndpoint } from './metrics-endpoint.ts'

/** Prometheus notices a change at once. */
const POLL_MS = 1_000

type Discovered = Pick<ScrapedSystem, 'kubernetes' | 'namespace'>

/**
 * Writes the file now, and again after each change of the pods. While Kubernetes does not answer, the file stays as it is.
 * @returns a function that stops the writing.
 * @throws an error of `fetch` when Kubernetes does not answer now.
 */
export async function keepPodFile(path: string, system: Discovered): Promise<() => void> {
  let written = ''
  const write = async (): Promise<void> => {
    const text = JSON.stringify(podFile(await podsOf(system), addressOf))
    if (text === written) return
    // Prometheus must not read half a file.
    writeFileSync(`${path}.new`, text)
    renameSync(`${path}.new`, path)
    written = text
  }
  await write()
  const timer = setInterval(() => void write().catch(() => {}), POLL_MS)
  return () => clearInterval(timer)
}

/** A pod of another cluster has no endpoint on this machine, and is reached at its address. */
function addressOf(ip: string, port: number): string {
  const socket = podEndpoint(ip)
  const { host, port: actual } = socket ? metricsEndpoint(socket, port) : { host: ip, port }
  return `${host}:${actual}`
}

async function podsOf({ kubernetes, namespace }: Discovered): Promise<readonly DiscoveredPod[]> {
  const answer = await fetch(`${kubernetes}/api/v1/namespaces/${namespace}/pods`)
  if (!answer.ok) throw new Error(`Kubernetes answered ${answer.status} to a list of pods.`)
  const { items } = (await answer.json()) as { items: DiscoveredPod[] } // Kubernetes' own type.
  return items
}
