/**
 * ResourceQuota: refuses objects beyond the limits and computes `status.used`. Two limits matter to Warm Pods.
 * `count/jobs.batch` refuses the Job itself. `pods` allows the Job but refuses its pod.
 */

import { qualifiedResource, RESOURCES, type Resource } from '../apimachinery/resources.ts'
import { forbidden } from '../apimachinery/status.ts'
import type { Store } from '../store.ts'
import type { KubeObject, Pod, PodSpec, ResourceQuota } from '../types.ts'
import { formatQuantity, quantityValue } from './quantity.ts'

const finished = (pod: Pod): boolean => pod.status.phase === 'Succeeded' || pod.status.phase === 'Failed'

/** Parses `requests.cpu`, or `cpu` with the same meaning. Undefined for keys that count objects. */
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

/** Returns how much one object adds to one key of a quota. */
function amountOf(resource: Resource, object: KubeObject, key: string): number {
  if (key === `count/${qualifiedResource(resource)}`) return 1
  if (resource.name !== 'pods') return resource.group === '' && key === resource.name ? 1 : 0
  // Only pods get here. Stored pods, and pods in admission, have all fields.
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

/** Computes the current status of a quota. */
export function quotaStatus(store: Store, quota: ResourceQuota): ResourceQuota['status'] {
  const hard = quota.spec.hard ?? {}
  const namespace = quota.metadata.namespace ?? ''
  const used = Object.entries(hard).map(([key, limit]) => [
    key,
    formatQuantity(usedOf(store, namespace, key), limit),
  ])
  return { hard, used: Object.fromEntries(used) }
}

/**
 * Checks the quotas of a namespace before `object` is created.
 * @throws StatusError 403 when a quota would be exceeded, with the requested, used and allowed amounts.
 */
export function admitWithinQuota(store: Store, resource: Resource, object: KubeObject): void {
  const { namespace = '', name } = object.metadata
  for (const quota of store.list('resourcequotas', namespace)) {
    const hard = quota.spec.hard ?? {}
    const exceeded = Object.keys(hard)
      .sort()
      .map((key) => ({
        key,
        limit: hard[key] ?? '0',
        requested: amountOf(resource, object, key),
        used: usedOf(store, namespace, key),
      }))
      .filter(({ requested, used, limit }) => requested > 0 && requested + used > quantityValue(limit))
    if (exceeded.length === 0) continue
    const format = (pick: (one: (typeof exceeded)[number]) => number | string): string =>
      exceeded.map((one) => `${one.key}=${formatAmount(pick(one), one.limit)}`).join(',')
    throw forbidden(
      resource,
      name,
      `exceeded quota: ${quota.metadata.name}, requested: ${format((one) => one.requested)}, used: ${format((one) => one.used)}, limited: ${format((one) => one.limit)}`,
    )
  }
}

const formatAmount = (amount: number | string, like: string): string =>
  typeof amount === 'number' ? formatQuantity(amount, like) : amount
