// Creating an object: the steps of the real server in its order, because the order decides which refusal a client sees
// (a full quota answers before a name that is taken).

import { randomUUID } from 'node:crypto'
import type { Draft } from '../registry/decode.ts'
import { defaultJob, defaultPod } from '../registry/defaults.ts'
import { generateName } from '../registry/object-names.ts'
import { podSecurityViolation } from '../registry/pod-security.ts'
import { admitWithinQuota, quotaStatus } from '../registry/quota.ts'
import { type Resource, resourceOf } from '../registry/resources.ts'
import { metaErrors } from '../registry/validate-meta.ts'
import { jobErrors, podErrors } from '../registry/validate-spec.ts'
import { timestamp } from '../rfc3339.ts'
import type { Store } from '../store.ts'
import type { Kinds, ResourceName, ResourceQuota } from '../types.ts'
import { alreadyExists, badRequest, type FieldError, forbidden, invalid, notFound } from './status.ts'

export type CreateOptions = { dryRun?: boolean; warn?: (text: string) => void }

function checkNamespace(store: Store, resource: Resource, namespace: string | undefined, draft: Draft): void {
  if (!resource.namespaced) return
  const home = store.get('namespaces', undefined, namespace ?? '')
  const { name = '', namespace: claimed } = draft.metadata
  if (claimed !== undefined && claimed !== '' && claimed !== namespace)
    throw badRequest('the namespace of the provided object does not match the namespace sent on the request')
  if (!home) throw notFound(resourceOf('namespaces'), namespace ?? '')
  if (home.status.phase === 'Terminating')
    throw forbidden(
      resource,
      name,
      `unable to create new content in namespace ${namespace} because it is being terminated`,
    )
}

function withIdentity(resource: Resource, namespace: string | undefined, draft: Draft): Draft {
  const { labels, annotations, finalizers, ownerReferences, name, generateName: prefix } = draft.metadata
  const generated = name || !prefix ? (name ?? '') : generateName(prefix)
  const hasGeneration = resource.name === 'pods' || resource.name === 'jobs'
  return {
    ...draft,
    metadata: {
      name: generated,
      ...(prefix ? { generateName: prefix } : {}),
      ...(resource.namespaced && namespace !== undefined ? { namespace } : {}),
      uid: randomUUID(),
      ...(hasGeneration ? { generation: 1 } : {}),
      creationTimestamp: timestamp(),
      ...(labels ? { labels } : {}),
      ...(annotations ? { annotations } : {}),
      ...(ownerReferences ? { ownerReferences } : {}),
      ...(finalizers ? { finalizers } : {}),
    },
  }
}

/** Fills in what the server adds to each kind, and returns what is wrong with the rest. */
function completed(store: Store, name: ResourceName, draft: Draft): FieldError[] {
  switch (name) {
    case 'pods':
      defaultPod(draft)
      return podErrors(draft)
    case 'jobs':
      defaultJob(draft, { selector: true })
      return jobErrors(draft)
    case 'namespaces':
      draft.metadata.labels = {
        ...draft.metadata.labels,
        'kubernetes.io/metadata.name': draft.metadata.name ?? '',
      }
      draft.spec = { finalizers: ['kubernetes'] }
      draft.status = { phase: 'Active' }
      return []
    case 'resourcequotas':
      draft.spec ??= {}
      // The draft has the fields that the status is computed from.
      draft.status = quotaStatus(store, draft as unknown as ResourceQuota)
      return []
    case 'events':
    case 'nodes':
      return []
    default: {
      const never: never = name
      return never
    }
  }
}

/**
 * Creates an object from what a client (or a controller) sent. Throws the StatusError that the client should read:
 * 404 namespace, 403 namespace ending or quota or pod security, 422 invalid, 409 name taken.
 * With `dryRun` everything is checked and nothing kept.
 */
export function createObject<R extends ResourceName>(
  store: Store,
  name: R,
  namespace: string | undefined,
  sent: Draft,
  options: CreateOptions = {},
): Kinds[R] {
  const resource = resourceOf(name)
  checkNamespace(store, resource, namespace, sent)
  const draft = withIdentity(resource, namespace, sent)
  const problems = completed(store, name, draft)
  const errors = [...metaErrors(resource, draft.metadata), ...problems]
  if (errors.length > 0) throw invalid(resource, draft.metadata.name ?? '', errors)
  // Validation and defaults have made the draft an object of its kind.
  const object = draft as unknown as Kinds[R]
  podSecurityViolation(store, resource, object, options.warn)
  if (resource.namespaced) admitWithinQuota(store, resource, object)
  if (sent.metadata.resourceVersion)
    throw badRequest('resourceVersion should not be set on objects to be created')
  if (store.get(name, namespace, object.metadata.name)) throw alreadyExists(resource, object.metadata.name)
  return options.dryRun ? object : store.put(name, object)
}
