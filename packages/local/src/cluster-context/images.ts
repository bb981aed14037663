/** Reads the nodes' region and whether they may have an image. */
import { splitImageName } from '@warm-pods/core/image-name.ts'
import type { ApiClient } from './api-client.ts'

/** A node reports at most this many images (the kubelet's default for `nodeStatusMaxImages`). A kubelet can report none. */
const MAX_REPORTED_IMAGES = 50

interface NodeObject {
  readonly metadata: { readonly labels?: Record<string, string> }
  readonly status?: { readonly images?: readonly { readonly names?: readonly string[] }[] }
}

export interface NodeInfo {
  readonly region: string | undefined
  /** @returns true when a node reports the image; false when no node has it; undefined when the reports are incomplete. */
  hasImage(image: string): boolean | undefined
}

/** @returns undefined when the user may not read nodes. @throws the errors of {@link ApiClient.call}. */
export async function readNodeInfo(client: ApiClient): Promise<NodeInfo | undefined> {
  const { status, body } = await client.call('GET', '/api/v1/nodes?limit=50')
  if (status !== 200) return undefined
  const nodes = (body as { items?: readonly NodeObject[] }).items ?? [] // A NodeList.
  const region = nodes.map(({ metadata }) => metadata.labels?.['topology.kubernetes.io/region']).find(Boolean)
  const reports = nodes.map(({ status }) => status?.images ?? [])
  const isComplete =
    reports.length > 0 && reports.every(({ length }) => length > 0 && length < MAX_REPORTED_IMAGES)
  return {
    region,
    hasImage(image) {
      const name = normalizedImageName(image)
      const isReported = reports.some((images) => images.some(({ names }) => names?.includes(name)))
      return isReported || (isComplete ? false : undefined)
    },
  }
}

/** @returns what to do about an image that no node has, without a full stop. */
export function missingImageText(context: string, image: string): string {
  return `No node of ${context} has the image ${image} yet. If the nodes cannot pull it, load it (kind load docker-image ${image}, or k3d image import ${image}), or name another: --image <reference>`
}

/**
 * @returns the image name as nodes report it, with registry and tag:
 *   https://pkg.go.dev/github.com/distribution/reference#ParseNormalizedNamed
 */
export function normalizedImageName(image: string): string {
  const { registry, path } = splitImageName(image)
  const isOfficial = registry === undefined && !path.includes('/')
  const name = `${registry ?? 'docker.io'}/${isOfficial ? `library/${path}` : path}`
  return /[:@][^/]*$/.test(name) ? name : `${name}:latest`
}
