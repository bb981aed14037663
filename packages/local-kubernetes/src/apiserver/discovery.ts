/**
 * Discovery of groups, resources and verbs: the older documents, and the aggregated document that kubectl requests first.
 */

import { RESOURCES, type Resource } from '../apimachinery/resources.ts'

const GROUPS = ['batch'] as const
const version = (group: string): string => (group ? `${group}/v1` : 'v1')
const groupVersion = (group: string) => ({ groupVersion: version(group), version: 'v1' })

const ALL_SUBRESOURCES = (resource: Resource): { name: string; verbs: string[] }[] => [
  ...(resource.name === 'pods' ? [{ name: 'log', verbs: ['get'] }] : []),
  ...(resource.hasStatus ? [{ name: 'status', verbs: ['get', 'patch', 'update'] }] : []),
]

/** `GET /api`. */
export function apiVersions(address: string): object {
  return {
    kind: 'APIVersions',
    versions: ['v1'],
    serverAddressByClientCIDRs: [{ clientCIDR: '0.0.0.0/0', serverAddress: address }],
  }
}

/** `GET /apis/<group>`. */
export function apiGroup(name: string): object {
  return {
    kind: 'APIGroup',
    apiVersion: 'v1',
    name,
    versions: [groupVersion(name)],
    preferredVersion: groupVersion(name),
  }
}

/** `GET /apis`. */
export function apiGroupList(): object {
  const groups = GROUPS.map((name) => ({
    name,
    versions: [groupVersion(name)],
    preferredVersion: groupVersion(name),
  }))
  return { kind: 'APIGroupList', apiVersion: 'v1', groups }
}

/** `GET /api/v1` and `GET /apis/<group>/v1`. */
export function apiResourceList(group: string): object {
  const rows = RESOURCES.filter((resource) => resource.group === group).flatMap((resource) => {
    const { name, kind, namespaced, singular, shortNames, categories, verbs } = resource
    const main = {
      name,
      singularName: singular,
      namespaced,
      kind,
      verbs,
      ...(shortNames.length > 0 ? { shortNames } : {}),
      ...(categories.length > 0 ? { categories } : {}),
    }
    const below = ALL_SUBRESOURCES(resource).map((sub) => ({
      name: `${name}/${sub.name}`,
      singularName: '',
      namespaced,
      kind,
      verbs: sub.verbs,
    }))
    return [main, ...below]
  })
  return { kind: 'APIResourceList', apiVersion: 'v1', groupVersion: version(group), resources: rows }
}

function aggregated(resource: Resource): object {
  const { name, group, kind, namespaced, singular, shortNames, categories, verbs } = resource
  const responseKind = { group, version: 'v1', kind }
  return {
    resource: name,
    responseKind,
    scope: namespaced ? 'Namespaced' : 'Cluster',
    singularResource: singular,
    verbs,
    ...(shortNames.length > 0 ? { shortNames } : {}),
    ...(categories.length > 0 ? { categories } : {}),
    subresources: ALL_SUBRESOURCES(resource).map((sub) => ({
      subresource: sub.name,
      responseKind,
      verbs: sub.verbs,
    })),
  }
}

/** The content type of the aggregated document. A client gets it only if its Accept header names it. */
export const AGGREGATED_TYPE = 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList'

/** The aggregated form of `/api` (the core group) and of `/apis` (all others). */
export function aggregatedDiscovery(groups: readonly string[]): object {
  const items = groups.map((name) => ({
    metadata: name ? { name } : {},
    versions: [
      {
        version: 'v1',
        resources: RESOURCES.filter(({ group }) => group === name).map(aggregated),
        freshness: 'Current',
      },
    ],
  }))
  return { kind: 'APIGroupDiscoveryList', apiVersion: 'apidiscovery.k8s.io/v2', metadata: {}, items }
}

/** All groups besides the core one. */
export const API_GROUPS: readonly string[] = GROUPS
