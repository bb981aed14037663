/**
 * JSON patch (RFC 6902) with JSON pointers (RFC 6901). A patch that does not apply gives 422 without naming the
 * operation, as in the real server.
 */

import { isObject, type Json, sameJson } from '../apimachinery/json.ts'
import { badRequest, patchRejected } from '../apimachinery/status.ts'

interface Operation {
  op: string
  path: string
  from?: string
  value?: Json
}

function parsePointer(pointer: string): string[] {
  if (pointer === '') return []
  if (!pointer.startsWith('/')) throw patchRejected()
  return pointer
    .slice(1)
    .split('/')
    .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'))
}

function child(parent: Json, key: string): Json {
  if (Array.isArray(parent)) {
    const value = /^(0|[1-9]\d*)$/.test(key) ? parent[Number(key)] : undefined
    if (value !== undefined) return value
  } else if (isObject(parent) && Object.hasOwn(parent, key)) {
    const value = parent[key]
    if (value !== undefined) return value
  }
  throw patchRejected()
}

function read(document: Json, path: readonly string[]): Json {
  return path.reduce(child, document)
}

/** Copies only the nodes on the path. `edit` receives the copied parent and the last key. */
function rewrite(node: Json, path: readonly string[], edit: (parent: Json, key: string) => void): Json {
  const [key, ...rest] = path
  if (key === undefined) throw patchRejected()
  const copy: Json = Array.isArray(node) ? [...node] : isObject(node) ? { ...node } : node
  if (rest.length === 0) edit(copy, key)
  else {
    const next = rewrite(child(copy, key), rest, edit)
    if (Array.isArray(copy)) copy[Number(key)] = next
    else if (isObject(copy)) copy[key] = next
  }
  return copy
}

function add(document: Json, path: readonly string[], value: Json): Json {
  if (path.length === 0) return value
  return rewrite(document, path, (parent, key) => {
    if (Array.isArray(parent)) {
      const index = key === '-' ? parent.length : Number(key)
      if (!Number.isInteger(index) || index < 0 || index > parent.length) throw patchRejected()
      parent.splice(index, 0, value)
    } else if (isObject(parent)) {
      Object.defineProperty(parent, key, { value, writable: true, enumerable: true, configurable: true })
    } else throw patchRejected()
  })
}

function remove(document: Json, path: readonly string[]): Json {
  return rewrite(document, path, (parent, key) => {
    child(parent, key)
    if (Array.isArray(parent)) parent.splice(Number(key), 1)
    else if (isObject(parent)) delete parent[key]
  })
}

function givenValue(operation: Operation): Json {
  if (operation.value === undefined) throw patchRejected()
  return operation.value
}

function apply(document: Json, operation: Operation): Json {
  const path = parsePointer(operation.path)
  switch (operation.op) {
    case 'test':
      // In the library of the real server a missing member equals null.
      if (!sameJson(readOrNull(document, path), givenValue(operation))) throw patchRejected()
      return document
    case 'add':
      return add(document, path, givenValue(operation))
    case 'remove':
      return remove(document, path)
    case 'replace':
      // The same library can replace a missing member, against RFC 6902. This server follows it.
      return add(dropped(document, path), path, givenValue(operation))
    case 'copy':
      return add(document, path, structuredClone(read(document, parsePointer(operation.from ?? ''))))
    case 'move': {
      const from = parsePointer(operation.from ?? '')
      return add(remove(document, from), path, read(document, from))
    }
    default:
      throw patchRejected()
  }
}

/** Replacing a list element means removing it and adding the new one at its index. */
function dropped(document: Json, path: readonly string[]): Json {
  const parent = path.length > 0 ? read(document, path.slice(0, -1)) : undefined
  return Array.isArray(parent) ? remove(document, path) : document
}

function readOrNull(document: Json, path: readonly string[]): Json {
  try {
    return read(document, path)
  } catch {
    return null
  }
}

/**
 * Applies the operations in order.
 * @throws StatusError 400 for a malformed patch, 422 for a patch that does not apply.
 */
export function jsonPatch(document: Json, patch: Json): Json {
  if (!Array.isArray(patch))
    throw badRequest(
      'error decoding patch: json: cannot unmarshal object into Go value of type []handlers.jsonPatchOp',
    )
  return patch.reduce<Json>((current, operation) => {
    if (!isObject(operation))
      throw badRequest(
        `error decoding patch: json: cannot unmarshal ${typeof operation} into Go value of type handlers.jsonPatchOp`,
      )
    if (typeof operation.op !== 'string' || typeof operation.path !== 'string') throw patchRejected()
    const { op, path, from, value } = operation
    return apply(current, {
      op,
      path,
      ...(typeof from === 'string' ? { from } : {}),
      ...(value === undefined ? {} : { value }),
    })
  }, document)
}
