/**
 * Creates an object, with the steps of the real server in its order. The order decides which error a client gets: a
 * full quota comes before a name that is taken.
 */

import { randomUUID } from 'node:crypto'
import { type Resource, resourceOf } from '../apimachinery/resources.ts'
import {
  alreadyExists,
  badRequest,
  type FieldError,
  forbidden,
  invalid,
  notFound,
} from '../apimachinery/status.ts'
import { timestamp } from '../rfc3339.ts'
import type { Store } from '../store.ts'
import type { Kinds, ResourceName, ResourceQuota } from '../types.ts'
import type { Draft } from './decode.ts'
import { defaultJob, defaultPod } from './defaults.ts'
import { generateName } from './object-names.ts'
import { podSecurityViolation } from './pod-security.ts'
import { admitWithinQuota, quotaStatus } from './quota.ts'
import { metaErrors } from './validate-meta.ts'
import { jobErrors, podErrors } from './validate-spec.ts'

export interface CreateOptions {
  dryRun?: boolean
  warn?: (text: string) => void
}

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

/** Sets the defaults of each kind in place, and returns the errors of the other fields. */
function applyDefaults(store: Store, name: ResourceName, draft: Draft): FieldError[] {
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
      // quotaStatus() reads only fields that the draft has.
      draft.status = quotaStatus(store, draft as unknown as ResourceQuota)
      return []
    case 'events':
    case 'nodes':
      return []
    default:
      return name satisfies never
  }
}

/**
 * Creates an object from the body of a client, or from a controller. With `dryRun` it checks everything and stores
 * nothing.
 * @throws StatusError 404 for a missing namespace, 403 for a terminating one, a quota or pod security. 422 for
 * invalid fields, 409 for a name in use.
 */
export function createObject<R extends ResourceName>(
  store: Store,
  name: R,
  namespace: string | undefined,
  body: Draft,
  options: CreateOptions = {},
): Kinds[R] {
  const resource = resourceOf(name)
  checkNamespace(store, resource, namespace, body)
  const draft = withIdentity(resource, namespace, body)
  const problems = applyDefaults(store, name, draft)
  const errors = [...metaErrors(resource, draft.metadata), ...problems]
  if (errors.length > 0) throw invalid(resource, draft.metadata.name ?? '', errors)
  // After validation and defaults the draft is an object of its kind.
  const object = draft as unknown as Kinds[R]
  podSecurityViolation(store, resource, object, options.warn)
  if (resource.namespaced) admitWithinQuota(store, resource, object)
  if (body.metadata.resourceVersion)
    throw badRequest('resourceVersion should not be set on objects to be created')
  if (store.get(name, namespace, object.metadata.name)) throw alreadyExists(resource, object.metadata.name)
  return options.dryRun ? object : store.put(name, object)
}
