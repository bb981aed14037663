/**
 * Discovery of groups, resources and verbs: the older documents, and the aggregated document that kubectl requests first.
 */

import { type GroupKind, RESOURCES, type Resource } from '../apimachinery/resources.ts'
import { EVICTION } from './evict-pod.ts'
import { REVIEWS } from './reviews.ts'

const GROUPS = ['authentication.k8s.io', 'authorization.k8s.io', 'batch'] as const
const version = (group: string): string => (group ? `${group}/v1` : 'v1')
const groupVersion = (group: string) => ({ groupVersion: version(group), version: 'v1' })

/** A resource or a review, as the documents list it. */
interface Listed extends Omit<Resource, 'name' | 'group'> {
  name: string
  group: string
}

const LISTED: readonly Listed[] = [
  ...RESOURCES,
  ...REVIEWS.map(({ name, singular, group, kind }) => ({
    name,
    singular,
    group,
    kind,
    namespaced: false,
    shortNames: [],
    categories: [],
    hasStatus: false,
    verbs: ['create'],
  })),
]

interface Sub {
  name: string
  verbs: string[]
  /** The kind of the body, if it is not that of the resource. */
  body?: GroupKind
}

const subresourcesOf = (resource: Listed): Sub[] => [
  ...(resource.name === 'pods'
    ? [
        { name: 'eviction', verbs: ['create'], body: EVICTION },
        { name: 'log', verbs: ['get'] },
      ]
    : []),
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
  const rows = LISTED.filter((resource) => resource.group === group).flatMap((resource) => {
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
    const below = subresourcesOf(resource).map((sub) => ({
      name: `${name}/${sub.name}`,
      singularName: '',
      namespaced,
      ...(sub.body ? { group: sub.body.group, version: 'v1' } : {}),
      kind: sub.body?.kind ?? kind,
      verbs: sub.verbs,
    }))
    return [main, ...below]
  })
  return { kind: 'APIResourceList', apiVersion: 'v1', groupVersion: version(group), resources: rows }
}

function aggregated(resource: Listed): object {
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
    subresources: subresourcesOf(resource).map((sub) => ({
      subresource: sub.name,
      responseKind: sub.body ? { ...sub.body, version: 'v1' } : responseKind,
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
        resources: LISTED.filter(({ group }) => group === name).map(aggregated),
        freshness: 'Current',
      },
    ],
  }))
  return { kind: 'APIGroupDiscoveryList', apiVersion: 'apidiscovery.k8s.io/v2', metadata: {}, items }
}

/** All groups besides the core one. */
export const API_GROUPS: readonly string[] = GROUPS
