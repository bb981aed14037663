/** The form of a response: the object itself, its metadata, or a Table. The Accept header decides. */

import { apiVersionOf, resourceOf } from '../apimachinery/resources.ts'
import { type IncludeObject, partialMetadata, tableOf } from '../printers/tables.ts'
import type { Kinds, ResourceName } from '../types.ts'

export interface Form {
  as: 'object' | 'table' | 'metadata'
  include: IncludeObject
}

/**
 * Returns the first form of the Accept header that this server supports; undefined without one. Example:
 * `application/json;as=Table;v=v1;g=meta.k8s.io,application/json`.
 */
export function chooseForm(accept: string | undefined, includeObject: string | null): Form | undefined {
  const include = includeObject === 'None' || includeObject === 'Object' ? includeObject : 'Metadata'
  for (const part of (accept ?? '*/*').split(',')) {
    const [type, ...parameters] = part
      .trim()
      .split(';')
      .map((one) => one.trim())
    const kind = parameters.find((one) => one.startsWith('as='))?.slice(3)
    if (type !== 'application/json' && type !== '*/*' && type !== 'application/*') continue
    if (kind === 'Table') return { as: 'table', include }
    if (kind === 'PartialObjectMetadata' || kind === 'PartialObjectMetadataList')
      return { as: 'metadata', include }
    if (kind === undefined) return { as: 'object', include }
  }
  return undefined
}

/** Returns one object in the requested form. `withColumns` is false for all but the first table of a watch. */
export function represent<R extends ResourceName>(
  resource: R,
  object: Kinds[R],
  form: Form,
  withColumns = true,
): object {
  if (form.as === 'metadata') return partialMetadata(object)
  const { resourceVersion } = object.metadata
  if (form.as === 'table') return tableOf(resource, [object], { resourceVersion }, form.include, withColumns)
  return object
}

/** Returns a list in the requested form. Its items do not repeat their kind, as in the real server. */
export function representList<R extends ResourceName>(
  resource: R,
  objects: readonly Kinds[R][],
  metadata: object,
  form: Form,
): object {
  if (form.as === 'table') return tableOf(resource, objects, metadata, form.include)
  if (form.as === 'metadata')
    return {
      kind: 'PartialObjectMetadataList',
      apiVersion: 'meta.k8s.io/v1',
      metadata,
      items: objects.map(partialMetadata),
    }
  const { kind } = resourceOf(resource)
  return {
    kind: `${kind}List`,
    apiVersion: apiVersionOf(resourceOf(resource)),
    metadata,
    items: objects.map(({ kind: _kind, apiVersion: _version, ...rest }) => rest),
  }
}
