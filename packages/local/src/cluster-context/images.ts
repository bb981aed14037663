/** Reads the nodes' region and whether they may have an image. */
import { splitImageName } from '@warm-pods/core/image-name.ts'
import type { ApiClient } from './api-client.ts'

/** A node reports at most this many images (the kubelet's default for `nodeStatusMaxImages`). */
const MAX_REPORTED_IMAGES = 50

interface NodeObject {
  readonly metadata: { readonly labels?: Record<string, string> }
  readonly status?: { readonly images?: readonly { readonly names?: readonly string[] }[] }
}

export interface NodeInfo {
  readonly region: string | undefined
  /** False only when every node reports all of its images and no node has this one. */
  mayHaveImage(image: string): boolean
}

/** @returns undefined when the user may not read nodes. @throws the errors of {@link ApiClient.call}. */
export async function readNodeInfo(client: ApiClient): Promise<NodeInfo | undefined> {
  const { status, body } = await client.call('GET', '/api/v1/nodes?limit=50')
  if (status !== 200) return undefined
  const nodes = (body as { items?: readonly NodeObject[] }).items ?? [] // A NodeList.
  const region = nodes.map(({ metadata }) => metadata.labels?.['topology.kubernetes.io/region']).find(Boolean)
  return {
    region,
    mayHaveImage: (image) =>
      nodes.length === 0 ||
      nodes.some(({ status }) => {
        const images = status?.images ?? []
        return (
          images.length >= MAX_REPORTED_IMAGES ||
          images.some(({ names }) => names?.includes(normalizedImageName(image)))
        )
      }),
  }
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
