/** PATCH: applies one of the three kinds of patch to an object, then updates the object with the result. */

import { isObject, type Json, type JsonObject } from '../apimachinery/json.ts'
import { type Resource, resourceOf } from '../apimachinery/resources.ts'
import { badRequest, invalid, notFound, StatusError, unsupportedMediaType } from '../apimachinery/status.ts'
import { checkObject, type Draft } from '../registry/decode.ts'
import { jsonOf, type Target, type UpdateOptions, updateObject } from '../registry/update-object.ts'
import { metaUpdateErrors } from '../registry/validate-meta.ts'
import type { Store } from '../store.ts'
import type { Kinds, ResourceName } from '../types.ts'
import { jsonPatch } from './json-patch.ts'
import { mergePatch, strategicPatch } from './patch.ts'

/** The real server applies a strategic patch to the typed object, which has no field for its kind. */
function strategicTyped(kind: string, current: JsonObject, patch: JsonObject): Json {
  const { kind: _kind, apiVersion: _version, ...rest } = patch
  return strategicPatch(current, rest, kind)
}

/** Decodes the result. A result that is not an object of the kind gives 422, not 400. */
function checkPatched(resource: Resource, result: JsonObject, options: UpdateOptions): Draft {
  const sent = JSON.stringify(result)
  try {
    return checkObject(resource, result, options.fieldValidation ?? 'Warn', options.warn ?? (() => {}))
  } catch (error) {
    if (!(error instanceof StatusError)) throw error
    const why = error.message.replace(/^.*cannot be handled as a \w+: /, '')
    const body = `Invalid value: ${JSON.stringify(sent)}: ${why}`
    const cause = { reason: 'FieldValueInvalid', message: body, field: 'patch' }
    throw new StatusError(422, 'Invalid', ` "" is invalid: patch: ${body}`, { causes: [cause] })
  }
}

function patched(kind: string, type: string, current: JsonObject, patch: Json): Json {
  switch (type) {
    case 'application/json-patch+json':
      return jsonPatch(current, patch)
    case 'application/merge-patch+json':
    case 'application/strategic-merge-patch+json':
      if (!isObject(patch))
        throw badRequest(
          `${type.includes('strategic') ? '' : 'error decoding patch: '}json: cannot unmarshal array into Go value of type map[string]interface {}`,
        )
      return type.includes('strategic') ? strategicTyped(kind, current, patch) : mergePatch(current, patch)
    default:
      throw unsupportedMediaType('415: Unsupported Media Type')
  }
}

/**
 * PATCH with one of the three content types.
 * @throws StatusError 404 without such an object, 409 for an older resourceVersion in the patch, 400 or 415 for a
 * malformed patch. 422 when a JSON patch does not apply, or the result is invalid.
 */
export function patchObject<R extends ResourceName>(
  store: Store,
  target: Target<R>,
  type: string,
  patch: Json,
  options: UpdateOptions = {},
): Kinds[R] {
  const resource = resourceOf(target.resource)
  const old = store.get(target.resource, target.namespace, target.name)
  if (!old) throw notFound(resource, target.name)
  const result = patched(resource.kind, type, jsonOf(old), patch)
  if (!isObject(result)) throw badRequest(`error decoding patch: the result is no ${resource.kind}`)
  const draft = checkPatched(resource, result, options)
  const { uid } = draft.metadata
  if (uid !== undefined && uid !== old.metadata.uid)
    throw invalid(resource, target.name, metaUpdateErrors(draft.metadata, old.metadata))
  return updateObject(store, target, draft, options)
}
