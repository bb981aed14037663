/** The resources that this server offers. Discovery, routing, error texts and printers read this table. */

import type { ResourceName } from '../types.ts'

/** An API group and a kind, as error texts name them. */
export interface GroupKind {
  group: string
  kind: string
}

export interface Resource extends GroupKind {
  name: ResourceName
  group: '' | 'batch'
  singular: string
  namespaced: boolean
  shortNames: readonly string[]
  categories: readonly string[]
  /** Whether the resource has the subresource `status`, which writes the status only. */
  hasStatus: boolean
  verbs: readonly string[]
}

const ALL = ['create', 'delete', 'deletecollection', 'get', 'list', 'patch', 'update', 'watch'] as const

/** All resources, core group first. */
export const RESOURCES: readonly Resource[] = [
  {
    name: 'events',
    group: '',
    kind: 'Event',
    singular: 'event',
    namespaced: true,
    shortNames: ['ev'],
    categories: [],
    hasStatus: false,
    verbs: ALL,
  },
  {
    name: 'namespaces',
    group: '',
    kind: 'Namespace',
    singular: 'namespace',
    namespaced: false,
    shortNames: ['ns'],
    categories: [],
    hasStatus: true,
    verbs: ALL.filter((verb) => verb !== 'deletecollection'),
  },
  {
    name: 'nodes',
    group: '',
    kind: 'Node',
    singular: 'node',
    namespaced: false,
    shortNames: ['no'],
    categories: [],
    hasStatus: true,
    // The engine has one kubelet, which registers its node.
    verbs: ALL.filter((verb) => verb !== 'create' && verb !== 'deletecollection'),
  },
  {
    name: 'pods',
    group: '',
    kind: 'Pod',
    singular: 'pod',
    namespaced: true,
    shortNames: ['po'],
    categories: ['all'],
    hasStatus: true,
    verbs: ALL,
  },
  {
    name: 'resourcequotas',
    group: '',
    kind: 'ResourceQuota',
    singular: 'resourcequota',
    namespaced: true,
    shortNames: ['quota'],
    categories: [],
    hasStatus: true,
    verbs: ALL,
  },
  {
    name: 'jobs',
    group: 'batch',
    kind: 'Job',
    singular: 'job',
    namespaced: true,
    shortNames: [],
    categories: ['all'],
    hasStatus: true,
    verbs: ALL,
  },
]

const byName = new Map(RESOURCES.map((resource) => [resource.name, resource]))

/** Returns the table's row for a resource name. */
export function resourceOf(name: ResourceName): Resource {
  const resource = byName.get(name)
  if (!resource) throw new Error(`Expected a resource of the table, got ${name}`)
  return resource
}

/** `v1` or `batch/v1`, as `apiVersion` spells it. */
export function apiVersionOf({ group }: { group: string }): string {
  return group ? `${group}/v1` : 'v1'
}

/** `pods` or `jobs.batch`, as messages name a resource. */
export function qualifiedResource(resource: Resource): string {
  return resource.group ? `${resource.name}.${resource.group}` : resource.name
}

/** `Pod` or `Job.batch`, as messages name a kind. */
export function qualifiedKind(resource: GroupKind): string {
  return resource.group ? `${resource.kind}.${resource.group}` : resource.kind
}
