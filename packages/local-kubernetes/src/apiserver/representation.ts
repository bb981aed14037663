// In which form a client wants its answer: the object itself, its metadata, or a Table. Chosen by the Accept header.

import { type IncludeObject, partialMetadata, tableOf } from '../printers/tables.ts'
import { apiVersionOf, resourceOf } from '../registry/resources.ts'
import type { Kinds, ResourceName } from '../types.ts'

export type Form = { as: 'object' | 'table' | 'metadata'; include: IncludeObject }

/** Reads `application/json;as=Table;v=v1;g=meta.k8s.io,application/json`: the first that this server knows. */
export function chooseForm(accept: string | undefined, includeObject: string | null): Form {
  const include = includeObject === 'None' || includeObject === 'Object' ? includeObject : 'Metadata'
  for (const part of (accept ?? '').split(',')) {
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
  return { as: 'object', include }
}

/** One object in the form asked for. `withColumns` is false for all but the first table of a watch. */
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

/** A list in the form asked for; its items do not repeat their kind, as in the real server. */
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
