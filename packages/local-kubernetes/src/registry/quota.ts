// ResourceQuota: refuses what would exceed it, and keeps `status.used` true. Two kinds of limit matter to Warm Pods:
// `count/jobs.batch` refuses the Job itself, `pods` admits the Job and starves it.

import { forbidden } from '../apiserver/status.ts'
import type { Store } from '../store.ts'
import type { KubeObject, Pod, PodSpec, ResourceQuota } from '../types.ts'
import { formatQuantity, quantityValue } from './quantity.ts'
import { qualifiedResource, RESOURCES, type Resource } from './resources.ts'

const finished = (pod: Pod): boolean => pod.status.phase === 'Succeeded' || pod.status.phase === 'Failed'

/** `requests.cpu`, or `cpu` which means the same; undefined for keys that count objects. */
function computeKey(key: string): { list: 'limits' | 'requests'; resource: string } | undefined {
  const [, list, resource] = /^(?:(limits|requests)\.)?(cpu|memory)$/.exec(key) ?? []
  return resource === undefined ? undefined : { list: list === 'limits' ? 'limits' : 'requests', resource }
}

function podAmount(spec: PodSpec, key: string): number {
  const compute = computeKey(key)
  if (!compute) return 0
  return spec.containers.reduce(
    (sum, { resources }) => sum + quantityValue(resources[compute.list]?.[compute.resource] ?? '0'),
    0,
  )
}

/** What one object adds to one key of a quota. */
function amountOf(resource: Resource, object: KubeObject, key: string): number {
  if (key === `count/${qualifiedResource(resource)}`) return 1
  if (resource.name !== 'pods') return resource.group === '' && key === resource.name ? 1 : 0
  // Only pods reach here, and the store and the admission hold them in full.
  const pod = object as Pod
  if (finished(pod)) return 0
  return key === 'pods' ? 1 : podAmount(pod.spec, key)
}

function usedOf(store: Store, namespace: string, key: string): number {
  return RESOURCES.filter((resource) => resource.namespaced).reduce(
    (sum, resource) =>
      store
        .list(resource.name, namespace)
        .reduce((part, object) => part + amountOf(resource, object, key), sum),
    0,
  )
}

/** What a quota's status should say now. */
export function quotaStatus(store: Store, quota: ResourceQuota): ResourceQuota['status'] {
  const hard = quota.spec.hard ?? {}
  const namespace = quota.metadata.namespace ?? ''
  const used = Object.entries(hard).map(([key, limit]) => [
    key,
    formatQuantity(usedOf(store, namespace, key), limit),
  ])
  return { hard, used: Object.fromEntries(used) }
}

/** Throws 403 when creating `object` would exceed a quota of its namespace; names what was asked, used and allowed. */
export function admitWithinQuota(store: Store, resource: Resource, object: KubeObject): void {
  const { namespace = '', name } = object.metadata
  for (const quota of store.list('resourcequotas', namespace)) {
    const hard = quota.spec.hard ?? {}
    const exceeded = Object.keys(hard)
      .sort()
      .map((key) => ({
        key,
        limit: hard[key] ?? '0',
        asked: amountOf(resource, object, key),
        used: usedOf(store, namespace, key),
      }))
      .filter(({ asked, used, limit }) => asked > 0 && asked + used > quantityValue(limit))
    if (exceeded.length === 0) continue
    const say = (pick: (one: (typeof exceeded)[number]) => number | string): string =>
      exceeded.map((one) => `${one.key}=${formatAmount(pick(one), one.limit)}`).join(',')
    throw forbidden(
      resource,
      name,
      `exceeded quota: ${quota.metadata.name}, requested: ${say((one) => one.asked)}, used: ${say((one) => one.used)}, limited: ${say((one) => one.limit)}`,
    )
  }
}

const formatAmount = (amount: number | string, like: string): string =>
  typeof amount === 'number' ? formatQuantity(amount, like) : amount
