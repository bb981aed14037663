/** Decodes a body: first its format, then the fields of the kind by name and type. Error texts are those of the real decoder. */

import { isObject, type Json } from '../apimachinery/json.ts'
import { apiVersionOf, type GroupKind } from '../apimachinery/resources.ts'
import { badRequest } from '../apimachinery/status.ts'
import type { ObjectMeta } from '../types.ts'
import { decodeProtobuf, PROTOBUF } from './protobuf.ts'
import { fieldsOf } from './schema.ts'

/** An object as a client sends it. Only its kind is checked. */
export interface Draft {
  apiVersion: string
  kind: string
  metadata: Partial<ObjectMeta>
  spec?: { [key: string]: Json }
  [key: string]: unknown
}

const jsonName = (value: Json): string =>
  Array.isArray(value) ? 'array' : typeof value === 'boolean' ? 'bool' : typeof value

function scalarFits(type: string, value: Json): boolean {
  switch (type) {
    case 'string':
    case 'time':
    case 'microTime':
    case 'bytes':
      return typeof value === 'string'
    case 'boolean':
      return typeof value === 'boolean'
    case 'int32':
    case 'int64':
      return typeof value === 'number' && Number.isInteger(value)
    case 'quantity':
    case 'intOrString':
      return typeof value === 'string' || typeof value === 'number'
    default:
      return true
  }
}

const QUANTITY = /^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$/
const GO_NAMES: Record<string, string> = {
  boolean: 'bool',
  quantity: 'resource.Quantity',
  time: 'v1.Time',
  microTime: 'v1.MicroTime',
  bytes: '[]uint8',
}

/** `prefix` begins the message about a value of the wrong type. */
interface Walk {
  unknown: string[]
  prefix: string
}

function mismatch(walk: Walk, value: Json, owner: string, path: string, goType: string): Error {
  return badRequest(
    `${walk.prefix}json: cannot unmarshal ${jsonName(value)} into Go struct field ${owner}.${path} of type ${goType}`,
  )
}

function walkValue(walk: Walk, value: Json, type: string, path: string, owner: string): void {
  if (value === null || type === 'any') return
  if (type.endsWith('[]')) {
    if (!Array.isArray(value)) throw mismatch(walk, value, owner, path, `[]v1.${type.slice(0, -2)}`)
    const itemType = type.slice(0, -2)
    value.forEach((item, i) => {
      // Go decodes `null` in a list as an item without fields.
      if (item === null && fieldsOf(itemType)) value[i] = {}
      else walkValue(walk, item, itemType, `${path}[${i}]`, owner)
    })
  } else if (type.startsWith('map:')) {
    if (!isObject(value)) throw mismatch(walk, value, owner, path, `map[string]${type.slice(4)}`)
    for (const item of Object.values(value)) walkValue(walk, item, type.slice(4), path, owner)
  } else if (fieldsOf(type)) walkObject(walk, value, type, path, owner)
  else if (type === 'quantity' && typeof value === 'string' && !QUANTITY.test(value))
    throw badRequest(`${walk.prefix}quantities must match the regular expression '${QUANTITY.source}'`)
  else if (!scalarFits(type, value)) throw mismatch(walk, value, owner, path, GO_NAMES[type] ?? type)
}

function walkObject(walk: Walk, value: Json, type: string, path: string, owner: string): void {
  if (!isObject(value)) throw mismatch(walk, value, owner, path, `v1.${type}`)
  const fields = fieldsOf(type)
  for (const [key, item] of Object.entries(value)) {
    const at = path ? `${path}.${key}` : key
    const fieldType = fields?.get(key)?.type
    if (fieldType === undefined) {
      walk.unknown.push(at)
      // The server does not store unknown fields.
      delete value[key]
    } else if (item === null) delete value[key]
    else walkValue(walk, item, fieldType, at, type)
  }
}

/**
 * Checks a parsed body against the type of `kind`. It removes unknown fields in place and returns their paths.
 * @throws StatusError 400 when a field has a value of the wrong JSON type.
 */
export function pruneUnknown(kind: string, body: { [key: string]: Json }): string[] {
  // The real server decodes DeleteOptions by another path, with shorter messages.
  const prefix = kind === 'DeleteOptions' ? '' : `${kind} in version "v1" cannot be handled as a ${kind}: `
  const walk: Walk = { unknown: [], prefix }
  walkObject(walk, body, kind, '', kind)
  return walk.unknown
}

/**
 * Parses JSON.
 * @throws StatusError 400 with `prefix` before the reason.
 */
export function parseJson(text: string, prefix: string): Json {
  try {
    // JSON.parse returns JSON values only.
    return JSON.parse(text) as Json
  } catch (error) {
    throw badRequest(`${prefix}${text === '' ? 'unexpected end of JSON input' : goSyntaxError(error)}`)
  }
}

function goSyntaxError(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error)
  return /Unexpected end/.test(message) || /Unterminated/.test(message)
    ? 'unexpected end of JSON input'
    : message
}

/** Returns the media types of bodies, as the 415 lists them. */
export const BODY_TYPES: readonly string[] = ['application/json', PROTOBUF]

/** Parses a body of one of {@link BODY_TYPES} into JSON. `kind` is the expected kind. */
function parseBody(kind: string, type: string, body: Buffer): { [key: string]: Json } {
  if (type === PROTOBUF) return decodeProtobuf(kind, body)
  const prefix = `the object provided is unrecognized (must be of type ${kind}): couldn't get version/kind; json parse error: `
  // The real server treats `null` as an object without fields.
  const value = parseJson(body.toString('utf8'), prefix) ?? {}
  if (!isObject(value)) throw badRequest(`${prefix}json: cannot unmarshal ${jsonName(value)} into an object`)
  return value
}

/**
 * Decodes the body of a create or an update.
 * @param type the media type, one of {@link BODY_TYPES}.
 * @param fieldValidation as in the query: unknown fields are an error (Strict), a warning (Warn, the default) or
 * ignored (Ignore).
 * @throws StatusError 400 when the body is not an object of this kind.
 */
export function decodeObject(
  expected: GroupKind,
  type: string,
  body: Buffer,
  fieldValidation: string,
  warn: (text: string) => void,
): Draft {
  return checkObject(expected, parseBody(expected.kind, type, body), fieldValidation, warn)
}

/** The same for a parsed body, such as the result of a patch. */
export function checkObject(
  resource: GroupKind,
  body: { [key: string]: Json },
  fieldValidation: string,
  warn: (text: string) => void,
): Draft {
  const apiVersion = body.apiVersion || apiVersionOf(resource)
  const kind = body.kind || resource.kind
  if (kind !== resource.kind || apiVersion !== apiVersionOf(resource))
    throw badRequest(
      `${kind} in version ${JSON.stringify(String(apiVersion).split('/').at(-1))} cannot be handled as a ${resource.kind}: expected kind ${JSON.stringify(resource.kind)} of ${JSON.stringify(apiVersionOf(resource))}, got kind ${JSON.stringify(kind)} of ${JSON.stringify(apiVersion)}`,
    )
  const unknown = pruneUnknown(resource.kind, body).map((path) => `unknown field ${JSON.stringify(path)}`)
  if (unknown.length > 0 && fieldValidation === 'Strict')
    throw badRequest(
      `${kind} in version "v1" cannot be handled as a ${kind}: strict decoding error: ${unknown.join(', ')}`,
    )
  if (unknown.length > 0 && fieldValidation !== 'Ignore') for (const field of unknown) warn(field)
  const { metadata, ...rest } = body
  // pruneUnknown() has checked the types of every field that this engine reads.
  return { ...rest, apiVersion, kind, metadata: (isObject(metadata) ? metadata : {}) as Partial<ObjectMeta> }
}
