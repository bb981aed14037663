// The three ways of patching that the API takes: JSON patch (RFC 6902), JSON merge patch (RFC 7386) and the
// strategic merge patch of Kubernetes, in which lists of named things merge by their key.

import { badRequest } from './status.ts'

/** A value as JSON.parse gives it. */
export type Json = null | boolean | number | string | Json[] | { [key: string]: Json }
type JsonObject = { [key: string]: Json }

export const isObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** Equality of JSON values, regardless of the order of keys. */
export function sameJson(a: unknown, b: unknown): boolean {
  if (a === b) return true
  if (Array.isArray(a) && Array.isArray(b))
    return a.length === b.length && a.every((one, i) => sameJson(one, b[i]))
  if (!isObject(a) || !isObject(b)) return false
  const keys = new Set([...Object.keys(a), ...Object.keys(b)])
  return [...keys].every((key) => sameJson(a[key], b[key]))
}

// A key such as __proto__ must become a key, never a prototype.
function setKey(target: JsonObject, key: string, value: Json): void {
  Object.defineProperty(target, key, { value, writable: true, enumerable: true, configurable: true })
}

/** RFC 7386: objects merge, `null` removes, everything else replaces. */
export function mergePatch(target: Json, patch: Json): Json {
  if (!isObject(patch)) return patch
  const result: JsonObject = isObject(target) ? { ...target } : {}
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) delete result[key]
    else setKey(result, key, mergePatch(Object.hasOwn(result, key) ? (result[key] ?? null) : null, value))
  }
  return result
}

// Keys by which the API's types merge their lists (patchMergeKey in k8s.io/api).
const MERGE_KEYS: Record<string, string> = {
  containers: 'name',
  initContainers: 'name',
  env: 'name',
  volumes: 'name',
  volumeMounts: 'mountPath',
  ports: 'containerPort',
  conditions: 'type',
  ownerReferences: 'uid',
  imagePullSecrets: 'name',
}
const isScalar = (value: Json): boolean => typeof value !== 'object' || value === null

function mergeList(name: string, target: Json[], patch: Json[]): Json[] {
  const mergeKey = MERGE_KEYS[name]
  if (name === 'finalizers' && patch.every(isScalar)) return [...new Set([...target, ...patch])]
  if (!mergeKey) return patch
  const result = [...target]
  for (const item of patch) {
    if (!isObject(item))
      throw badRequest(`map: ${JSON.stringify(item)} does not contain declared merge key: ${mergeKey}`)
    const at = result.findIndex((one) => isObject(one) && sameJson(one[mergeKey], item[mergeKey]))
    if (item.$patch === 'delete') {
      if (at >= 0) result.splice(at, 1)
    } else if (at >= 0) result[at] = strategicPatch(result[at] ?? null, item)
    else result.push(strategicPatch(null, item))
  }
  return result
}

/** Strategic merge patch: as a merge patch, but lists with a merge key merge, and `$patch`, `$deleteFromPrimitiveList` direct it. */
export function strategicPatch(target: Json, patch: Json): Json {
  if (!isObject(patch)) return patch
  if (patch.$patch === 'replace')
    return Object.fromEntries(Object.entries(patch).filter(([key]) => key !== '$patch'))
  const result: JsonObject = isObject(target) ? { ...target } : {}
  for (const [key, value] of Object.entries(patch)) {
    if (key === '$patch' || key.startsWith('$setElementOrder/') || key === '$retainKeys') continue
    const primitives = /^\$deleteFromPrimitiveList\/(.+)$/.exec(key)?.[1]
    if (primitives) {
      const list = result[primitives]
      if (Array.isArray(list) && Array.isArray(value))
        result[primitives] = list.filter((one) => !value.includes(one))
    } else if (value === null) delete result[key]
    else if (Array.isArray(value)) {
      const current = Object.hasOwn(result, key) ? result[key] : undefined
      setKey(result, key, mergeList(key, Array.isArray(current) ? current : [], value))
    } else
      setKey(result, key, strategicPatch(Object.hasOwn(result, key) ? (result[key] ?? null) : null, value))
  }
  return result
}
