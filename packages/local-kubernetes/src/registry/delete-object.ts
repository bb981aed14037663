/** Deletes objects: preconditions, the grace period of pods, finalizers, and the propagation to the pods of a Job. */

import type { Json } from '../apimachinery/json.ts'
import { type Resource, resourceOf } from '../apimachinery/resources.ts'
import {
  invalid,
  invalidValue,
  notFound,
  notSupported,
  preconditionFailed,
  type StatusBody,
} from '../apimachinery/status.ts'
import { timestamp } from '../rfc3339.ts'
import type { Store } from '../store.ts'
import type { Kinds, KubeObject, ObjectMeta, Pod, ResourceName } from '../types.ts'
import { writeUpdate } from './update-object.ts'

export type Propagation = 'Foreground' | 'Background' | 'Orphan'
export interface DeleteOptions {
  gracePeriodSeconds?: number
  propagationPolicy?: Propagation
  preconditions?: { uid?: string; resourceVersion?: string }
  dryRun?: boolean
}

const POLICIES = ['Foreground', 'Background', 'Orphan']

/**
 * Reads the options from the body and the query.
 * @throws StatusError 422 for an unknown propagation policy.
 */
export function readDeleteOptions(body: { [key: string]: Json }, query: URLSearchParams): DeleteOptions {
  const policy = body.propagationPolicy ?? query.get('propagationPolicy') ?? legacyOrphan(body, query)
  if (policy !== undefined && policy !== null && !POLICIES.includes(String(policy)))
    throw invalid({ kind: 'DeleteOptions', group: 'meta.k8s.io' }, '', [
      notSupported('propagationPolicy', policy, [...POLICIES, 'nil']),
    ])
  if (legacyOrphan(body, query) && (body.propagationPolicy ?? query.get('propagationPolicy')))
    throw invalid({ kind: 'DeleteOptions', group: 'meta.k8s.io' }, '', [
      invalidValue(
        'propagationPolicy',
        policy,
        'orphanDependents and deletionPropagation cannot be both set',
      ),
    ])
  const grace = body.gracePeriodSeconds ?? query.get('gracePeriodSeconds')
  const dryRun = body.dryRun !== undefined || query.has('dryRun')
  return {
    ...(grace === undefined || grace === null ? {} : { gracePeriodSeconds: Number(grace) }),
    // Checked against POLICIES above.
    ...(policy ? { propagationPolicy: policy as Propagation } : {}),
    // pruneUnknown() has checked its field types.
    ...(body.preconditions
      ? { preconditions: body.preconditions as { uid?: string; resourceVersion?: string } }
      : {}),
    ...(dryRun ? { dryRun } : {}),
  }
}

function legacyOrphan(body: { [key: string]: Json }, query: URLSearchParams): string | undefined {
  const orphan = body.orphanDependents ?? query.get('orphanDependents')
  return orphan === undefined || orphan === null
    ? undefined
    : String(orphan) === 'true'
      ? 'Orphan'
      : 'Background'
}

function checkPreconditions(resource: Resource, meta: ObjectMeta, { preconditions }: DeleteOptions): void {
  const { uid, resourceVersion } = preconditions ?? {}
  if (uid !== undefined && uid !== meta.uid)
    throw preconditionFailed(
      resource,
      meta.name,
      `the UID in the precondition (${uid}) does not match the UID in record (${meta.uid}). The object might have been deleted and then recreated`,
    )
  if (resourceVersion !== undefined && resourceVersion !== meta.resourceVersion)
    throw preconditionFailed(
      resource,
      meta.name,
      `the ResourceVersion in the precondition (${resourceVersion}) does not match the ResourceVersion in record (${meta.resourceVersion}). The object might have been modified`,
    )
}

function graceOf(resource: ResourceName, object: KubeObject, requested: number | undefined): number {
  if (resource !== 'pods') return 0
  // `resource` determines that it is a pod.
  const { spec, status } = object as Pod
  // The pod has no process, so it needs no grace period.
  if (!spec.nodeName || status.phase === 'Succeeded' || status.phase === 'Failed') return 0
  const grace = requested ?? spec.terminationGracePeriodSeconds
  return grace < 0 ? 1 : grace
}

/** For batch/v1 Jobs the default is still Orphan, for compatibility. */
function policyOf(resource: ResourceName, { propagationPolicy }: DeleteOptions): Propagation {
  return propagationPolicy ?? (resource === 'jobs' ? 'Orphan' : 'Background')
}

function finalizersFor(policy: Propagation, finalizers: readonly string[]): string[] {
  const kept = finalizers.filter((one) => one !== 'orphan' && one !== 'foregroundDeletion')
  if (policy === 'Orphan') return [...kept, 'orphan']
  return policy === 'Foreground' ? [...kept, 'foregroundDeletion'] : kept
}

function withDeletion(meta: ObjectMeta, graceSeconds: number, policy: Propagation): ObjectMeta {
  const { finalizers, ...rest } = meta
  const next = finalizersFor(policy, finalizers ?? [])
  const first = meta.deletionTimestamp === undefined
  const grace = first ? graceSeconds : Math.min(graceSeconds, meta.deletionGracePeriodSeconds ?? 0)
  const shortened = first || grace < (meta.deletionGracePeriodSeconds ?? 0)
  return {
    ...rest,
    ...(next.length > 0 ? { finalizers: next } : {}),
    ...(shortened
      ? { deletionTimestamp: timestamp(Date.now() + grace * 1000), deletionGracePeriodSeconds: grace }
      : {}),
    // A deletion changes the desired state, so it increments the generation.
    ...(first && meta.generation !== undefined ? { generation: meta.generation + 1 } : {}),
  }
}

/** The deleted object, and whether it is removed from the store. */
export type Deleted<R extends ResourceName> = { object: Kinds[R]; removed: boolean }

/**
 * Deletes an object, or marks it as terminating.
 * @throws StatusError 404; 409 when a precondition does not hold.
 */
export function deleteObject<R extends ResourceName>(
  store: Store,
  resource: R,
  namespace: string | undefined,
  name: string,
  options: DeleteOptions = {},
): Deleted<R> {
  const old = store.get(resource, namespace, name)
  if (!old) throw notFound(resourceOf(resource), name)
  checkPreconditions(resourceOf(resource), old.metadata, options)
  const grace = graceOf(resource, old, options.gracePeriodSeconds)
  const policy = policyOf(resource, options)
  const dependents = resource === 'jobs' ? policy : 'Background'
  const next = ended(resource, { ...old, metadata: withDeletion(old.metadata, grace, dependents) })
  const removed = grace === 0 && !next.metadata.finalizers?.length && resource !== 'namespaces'
  if (options.dryRun) return { object: removed ? old : next, removed }
  // An object without a grace period is removed unchanged. Only a pod shows its deletion timestamp.
  if (removed) return { object: store.remove(resource, resource === 'pods' ? next : old), removed }
  return { object: writeUpdate(store, resource, old, next), removed }
}

function ended<R extends ResourceName>(resource: R, object: Kinds[R]): Kinds[R] {
  return resource === 'namespaces' ? { ...object, status: { phase: 'Terminating' } } : object
}

/** Returns the Status of a finished deletion. */
export function deletedStatus(resource: Resource, { name, uid }: ObjectMeta): StatusBody {
  const group = resource.group ? { group: resource.group } : {}
  return {
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Success',
    details: { name, ...group, kind: resource.name, uid },
  }
}
