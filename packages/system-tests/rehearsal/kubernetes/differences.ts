/**
 * The fields in which the context's cluster differs from an EKS cluster: its nodes have other images, another CPU and another pod
 * network. The rehearsal replaces exactly these fields in the objects that the product creates, and prints them.
 */
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

export interface Differences {
  /** The deployed reference of the pod's image. Another reference stays as it is, so a wrong one shows as ImagePullBackOff. */
  readonly deployedImage: string
  /** The image that the nodes have. */
  readonly image: string
  readonly gatewayImage: string
  /** The lines of `k8s/overlays/local/cluster.conf` that name networks of pods. */
  readonly podNetworks: string
}

interface KubernetesObject {
  readonly kind?: string
  readonly data?: Record<string, string>
  readonly spec?: { readonly template?: { readonly spec?: PodSpec } }
}

interface PodSpec {
  readonly nodeSelector?: Record<string, string>
  readonly containers?: readonly { readonly name?: string; readonly image?: string }[]
}

const LOCAL_NETWORKS = fileURLToPath(new URL('../../../../k8s/overlays/local/cluster.conf', import.meta.url))
const NETWORK = /^ +[\d.]+\/\d+ [01];.*$/gm
const ARCHITECTURE = 'kubernetes.io/arch'

/** @returns the lines for {@link Differences.podNetworks}. */
export function localPodNetworks(): string {
  return (readFileSync(LOCAL_NETWORKS, 'utf8').match(NETWORK) ?? []).join('\n')
}

/** @param body of a request that creates or applies an object, JSON. Other bodies are returned unchanged. */
export function adapt(body: Buffer, differences: Differences): Buffer {
  const object = parse(body)
  if (object?.kind === 'ConfigMap') return encode(withNetworks(object, differences))
  const pod = object?.spec?.template?.spec
  if (!object || !pod || (object.kind !== 'Job' && object.kind !== 'Deployment')) return body
  const spec = object.kind === 'Job' ? withImage(pod, differences) : withGateway(pod, differences)
  return encode({ ...object, spec: { ...object.spec, template: { ...object.spec?.template, spec } } })
}

function withImage(pod: PodSpec, { deployedImage, image }: Differences): PodSpec {
  const containers = pod.containers?.map((container) =>
    container.image === deployedImage ? { ...container, image } : container,
  )
  return { ...pod, ...(containers ? { containers } : {}) }
}

function withGateway(pod: PodSpec, { gatewayImage }: Differences): PodSpec {
  const { [ARCHITECTURE]: _, ...nodeSelector } = pod.nodeSelector ?? {}
  return {
    ...pod,
    nodeSelector,
    ...(pod.containers
      ? {
          containers: pod.containers.map((container) =>
            container.name === 'nginx' ? { ...container, image: gatewayImage } : container,
          ),
        }
      : {}),
  }
}

function withNetworks(object: KubernetesObject, { podNetworks }: Differences): KubernetesObject {
  const config = object.data?.['cluster.conf']
  if (config === undefined) return object
  return { ...object, data: { ...object.data, 'cluster.conf': config.replace(NETWORK, podNetworks) } }
}

function encode(object: object): Buffer {
  return Buffer.from(JSON.stringify(object))
}

function parse(body: Buffer): KubernetesObject | undefined {
  try {
    const value: unknown = JSON.parse(body.toString())
    return typeof value === 'object' && value !== null ? value : undefined
  } catch {
    return undefined
  }
}
