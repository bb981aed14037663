/** Updates objects: checks which fields may change, and removes an object when its last finalizer is removed. */

import { type Json, sameJson } from '../apimachinery/json.ts'
import { type Resource, resourceOf } from '../apimachinery/resources.ts'
import {
  badRequest,
  conflict,
  type FieldError,
  invalid,
  notFound,
  preconditionFailed,
} from '../apimachinery/status.ts'
import type { Store } from '../store.ts'
import type { Kinds, ObjectMeta, ResourceName } from '../types.ts'
import type { Draft } from './decode.ts'
import { defaultJob } from './defaults.ts'
import { metaUpdateErrors } from './validate-meta.ts'
import { jobUpdateErrors, nodeUpdateErrors, podUpdateErrors } from './validate-update.ts'

export interface UpdateOptions {
  dryRun?: boolean
  statusOnly?: boolean
  warn?: (text: string) => void
  fieldValidation?: string
}
/** The resource, namespace and name of an object. */
export type Target<R extends ResourceName> = { resource: R; namespace: string | undefined; name: string }

/** Returns a deep copy of an object as JSON, independent of the stored one. */
export const jsonOf = (object: object): { [key: string]: Json } => JSON.parse(JSON.stringify(object))

function nextMetadata(sent: Partial<ObjectMeta>, old: ObjectMeta): ObjectMeta {
  const { labels: _l, annotations: _a, finalizers: _f, ownerReferences: _o, ...fixed } = old
  const { labels, annotations, finalizers, ownerReferences } = sent
  return {
    ...fixed,
    ...(labels && Object.keys(labels).length > 0 ? { labels } : {}),
    ...(annotations && Object.keys(annotations).length > 0 ? { annotations } : {}),
    ...(ownerReferences && ownerReferences.length > 0 ? { ownerReferences } : {}),
    ...(finalizers && finalizers.length > 0 ? { finalizers } : {}),
  }
}

function specErrors<R extends ResourceName>(resource: R, draft: Draft, old: Kinds[R]): FieldError[] {
  // `resource` determines the kind of `old`.
  if (resource === 'jobs') return jobUpdateErrors(draft, old as Kinds['jobs'])
  if (resource === 'pods') return podUpdateErrors(draft, old as Kinds['pods'])
  if (resource === 'nodes') return nodeUpdateErrors(draft, old as Kinds['nodes'])
  return []
}

function checkVersion(resource: Resource, sent: Partial<ObjectMeta>, old: ObjectMeta): void {
  const { resourceVersion, uid } = sent
  if (uid !== undefined && uid !== '' && uid !== old.uid)
    throw preconditionFailed(
      resource,
      old.name,
      `Precondition failed: UID in precondition: ${uid}, UID in object meta: ${old.uid}`,
    )
  if (resourceVersion === undefined || resourceVersion === '') return
  if (!/^\d+$/.test(resourceVersion))
    throw invalid(resource, old.name, [
      {
        field: 'metadata.resourceVersion',
        reason: 'FieldValueInvalid',
        body: `Invalid value: ${JSON.stringify(resourceVersion)}: must be an unsigned integer`,
      },
    ])
  if (resourceVersion !== old.resourceVersion) throw conflict(resource, old.name)
}

/** Stores `next` unless it equals `old`. Removes a terminating object instead when it has no finalizers left. */
export function writeUpdate<R extends ResourceName>(
  store: Store,
  resource: R,
  old: Kinds[R],
  next: Kinds[R],
): Kinds[R] {
  if (sameJson(jsonOf(old), jsonOf(next))) return old
  const { deletionTimestamp, deletionGracePeriodSeconds, finalizers } = next.metadata
  const ended = deletionTimestamp && deletionGracePeriodSeconds === 0 && !finalizers?.length
  if (ended && resource !== 'namespaces') return store.remove(resource, next)
  return store.put(resource, next)
}

/**
 * Replaces an object (PUT).
 * @throws StatusError 400, 404, 409 or 422, as the real server does.
 */
export function updateObject<R extends ResourceName>(
  store: Store,
  target: Target<R>,
  draft: Draft,
  options: UpdateOptions = {},
): Kinds[R] {
  const resource = resourceOf(target.resource)
  const { name } = draft.metadata
  if (name !== target.name)
    throw badRequest(
      name
        ? `the name of the object (${name}) does not match the name on the URL (${target.name})`
        : 'name must be provided',
    )
  const old = store.get(target.resource, target.namespace, target.name)
  if (!old) throw notFound(resource, target.name)
  checkVersion(resource, draft.metadata, old.metadata)
  const next = merged(target.resource, old, draft, options.statusOnly === true)
  return options.dryRun ? next : writeUpdate(store, target.resource, old, next)
}

function merged<R extends ResourceName>(
  resource: R,
  old: Kinds[R],
  draft: Draft,
  statusOnly: boolean,
): Kinds[R] {
  if (statusOnly) return { ...old, status: draft.status ?? {} }
  if (resource === 'jobs') defaultJob(draft, { selector: false })
  if (resource === 'nodes') draft.spec ??= {}
  const errors = [...metaUpdateErrors(draft.metadata, old.metadata), ...specErrors(resource, draft, old)]
  if (errors.length > 0) throw invalid(resourceOf(resource), old.metadata.name, errors)
  const metadata = nextMetadata(draft.metadata, old.metadata)
  const before = 'spec' in old ? jsonOf(old).spec : undefined
  if (metadata.generation !== undefined && !sameJson(before, draft.spec)) metadata.generation += 1
  const status = 'status' in old ? { status: old.status } : {}
  // Validated above: the changed fields have the types of the fields that they replace.
  return { ...old, ...draft, metadata, ...status } as unknown as Kinds[R]
}

/**
 * Writes a change of a controller or the kubelet. `change` modifies a copy.
 * @returns the stored object; undefined when the object no longer exists.
 */
export function modify<R extends ResourceName>(
  store: Store,
  resource: R,
  object: Kinds[R],
  change: (copy: Kinds[R]) => void,
): Kinds[R] | undefined {
  const { namespace, name, uid } = object.metadata
  const old = store.get(resource, namespace, name)
  if (!old || old.metadata.uid !== uid) return undefined
  const copy = structuredClone(old)
  change(copy)
  return writeUpdate(store, resource, old, copy)
}
