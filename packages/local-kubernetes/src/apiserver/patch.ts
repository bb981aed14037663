/**
 * JSON merge patch (RFC 7386), and the strategic merge patch of Kubernetes, which merges lists of named items by their
 * key.
 */

import { isObject, type Json, type JsonObject, sameJson } from '../apimachinery/json.ts'
import { badRequest } from '../apimachinery/status.ts'
import { fieldsOf } from '../registry/schema.ts'

/** Sets an own property, so that a key such as `__proto__` does not change the prototype. */
function setKey(target: JsonObject, key: string, value: Json): void {
  Object.defineProperty(target, key, { value, writable: true, enumerable: true, configurable: true })
}

/** RFC 7386: objects merge, `null` removes, any other value replaces. */
export function mergePatch(target: Json, patch: Json): Json {
  if (!isObject(patch)) return patch
  const result: JsonObject = isObject(target) ? { ...target } : {}
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) delete result[key]
    else setKey(result, key, mergePatch(Object.hasOwn(result, key) ? (result[key] ?? null) : null, value))
  }
  return result
}

const isScalar = (value: Json): boolean => typeof value !== 'object' || value === null

function mergeList(mergeKey: string, itemType: string, target: Json[], patch: Json[]): Json[] {
  if (mergeKey === '' && patch.every(isScalar)) return [...new Set([...target, ...patch])]
  const result = [...target]
  for (const item of patch) {
    if (!isObject(item))
      throw badRequest(`map: ${JSON.stringify(item)} does not contain declared merge key: ${mergeKey}`)
    const at = result.findIndex((one) => isObject(one) && sameJson(one[mergeKey], item[mergeKey]))
    if (item.$patch === 'delete') {
      if (at >= 0) result.splice(at, 1)
    } else if (at >= 0) result[at] = strategicPatch(result[at] ?? null, item, itemType)
    else result.push(strategicPatch(null, item, itemType))
  }
  return result
}

/**
 * Applies a strategic merge patch to an object of a type of registry/fields.ts. It differs from a merge patch in two points:
 * lists with a merge key merge, and the directives `$patch` and `$deleteFromPrimitiveList` apply.
 */
export function strategicPatch(target: Json, patch: Json, type: string): Json {
  if (!isObject(patch)) return patch
  if (patch.$patch === 'replace')
    return Object.fromEntries(Object.entries(patch).filter(([key]) => key !== '$patch'))
  const result: JsonObject = isObject(target) ? { ...target } : {}
  for (const [key, value] of Object.entries(patch)) {
    if (key === '$patch' || key.startsWith('$setElementOrder/') || key === '$retainKeys') continue
    const primitives = /^\$deleteFromPrimitiveList\/(.+)$/.exec(key)?.[1]
    const current = Object.hasOwn(result, key) ? (result[key] ?? null) : null
    const field = fieldsOf(type)?.get(key)
    if (primitives) {
      const list = result[primitives]
      if (Array.isArray(list) && Array.isArray(value))
        result[primitives] = list.filter((one) => !value.includes(one))
    } else if (value === null) delete result[key]
    else if (Array.isArray(value) && field?.mergeKey !== undefined) {
      const list = Array.isArray(current) ? current : []
      setKey(result, key, mergeList(field.mergeKey, field.type.slice(0, -2), list, value))
    } else setKey(result, key, strategicPatch(current, value, field?.type ?? ''))
  }
  return result
}
