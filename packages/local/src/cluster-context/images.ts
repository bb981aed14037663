/** Whether the nodes of a cluster have an image, as far as they tell. */
import type { Access } from './api-client.ts'

/** A node lists so many of its images at most (the kubelet's default for `nodeStatusMaxImages`). */
const LISTED_AT_MOST = 50

interface NodeObject {
  readonly metadata: { readonly labels?: Record<string, string> }
  readonly status?: { readonly images?: readonly { readonly names?: readonly string[] }[] }
}

export interface Nodes {
  readonly region: string | undefined
  /** False only when every node told all of its images and none is this one. */
  mayHave(image: string): boolean
}

/** @returns undefined when this person may not read nodes: nothing is known then. */
export async function readNodes(access: Access): Promise<Nodes | undefined> {
  const { status, body } = await access.call('GET', '/api/v1/nodes?limit=50')
  if (status !== 200) return undefined
  const nodes = (body as { items?: readonly NodeObject[] }).items ?? [] // A NodeList.
  const region = nodes.map(({ metadata }) => metadata.labels?.['topology.kubernetes.io/region']).find(Boolean)
  return {
    region,
    mayHave: (image) =>
      nodes.length === 0 ||
      nodes.some(({ status }) => {
        const images = status?.images ?? []
        return images.length >= LISTED_AT_MOST || images.some(({ names }) => names?.includes(fullName(image)))
      }),
  }
}

/** `warm-pods/pod:dev` as nodes call it: https://pkg.go.dev/github.com/distribution/reference#ParseNormalizedNamed */
export function fullName(image: string): string {
  const [first = '', ...rest] = image.split('/')
  const hasHost = rest.length > 0 && (/[.:]/.test(first) || first === 'localhost')
  const hosted = hasHost ? image : `docker.io/${rest.length > 0 ? image : `library/${image}`}`
  return /[:@][^/]*$/.test(hosted) ? hosted : `${hosted}:latest`
}
