/** Parses the paths of the API: `/api/v1/…` and `/apis/<group>/v1/…`, with or without a namespace and a subresource. */

import { RESOURCES, type Resource } from '../apimachinery/resources.ts'
import { badRequest, noSuchResource } from '../apimachinery/status.ts'

/** Subresources of pods besides `status`. The handlers refuse the last four, which need a container runtime. */
const OF_PODS = ['log', 'eviction', 'exec', 'attach', 'portforward', 'ephemeralcontainers'] as const
export type Subresource = 'status' | (typeof OF_PODS)[number]

export interface Route {
  resource: Resource
  namespace: string | undefined
  name: string | undefined
  sub: Subresource | undefined
}

function segmentsOf(path: string): string[] {
  try {
    // Decodes before it splits, as the real server does. So an escaped slash separates segments too.
    const segments = decodeURIComponent(path).split('/').slice(1)
    if (segments.at(-1) === '') segments.pop()
    return segments
  } catch {
    throw badRequest(`the path ${JSON.stringify(path)} is not properly escaped`)
  }
}

function groupAndRest(segments: readonly string[]): { group: string; rest: readonly string[] } | undefined {
  const [root, first, second] = segments
  if (root === 'api' && first === 'v1') return { group: '', rest: segments.slice(2) }
  if (root === 'apis' && first !== undefined && second === 'v1')
    return { group: first, rest: segments.slice(3) }
  return undefined
}

/**
 * Returns the resource, namespace, name and subresource of a path.
 * @throws StatusError 404 for an unknown path.
 */
export function parseRoute(path: string): Route {
  const found = groupAndRest(segmentsOf(path))
  if (!found || found.rest.length === 0) throw noSuchResource()
  const [first, second, third] = found.rest
  // After `namespaces/x` a namespaced resource follows, or a subresource of the namespace itself.
  const inNamespace = first === 'namespaces' && third !== undefined && third !== 'status'
  const namespace = inNamespace ? second : undefined
  const [type, name, sub, tooMuch] = inNamespace ? found.rest.slice(2) : found.rest
  const resource = RESOURCES.find((one) => one.group === found.group && one.name === type)
  if (!resource || tooMuch !== undefined || name === '' || (inNamespace && !resource.namespaced))
    throw noSuchResource()
  if (name !== undefined && resource.namespaced && !inNamespace) throw noSuchResource()
  const known = subresourcesOf(resource).find((one) => one === sub)
  if (sub !== undefined && !known) throw noSuchResource()
  return { resource, namespace, name, sub: known }
}

function subresourcesOf({ name, hasStatus }: Resource): readonly Subresource[] {
  return [...(hasStatus ? ['status' as const] : []), ...(name === 'pods' ? OF_PODS : [])]
}
