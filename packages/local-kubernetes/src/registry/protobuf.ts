/**
 * Decodes objects in protobuf, which kubectl sends for kinds that it knows (`kubectl create`, evictions). The server answers
 * in JSON, because these clients accept both. The format is that of k8s.io/apimachinery/pkg/runtime/serializer/protobuf.
 */

import { isObject, type Json, type JsonObject } from '../apimachinery/json.ts'
import { badRequest } from '../apimachinery/status.ts'
import { wireFieldsOf } from './schema.ts'

/** The media type of these bodies. */
export const PROTOBUF = 'application/vnd.kubernetes.protobuf'
const MAGIC = Buffer.from('k8s\0')
const VARINT = 0
const BYTES = 2
/** Lengths of the wire types that no field of the table has. */
const SKIPPED: Readonly<Record<number, number>> = { 1: 8, 5: 4 }

type WireValue = bigint | Buffer

/** An error in the encoding. Its message completes the sentence of a 400. */
class WireError extends Error {
  override name = 'WireError'
}

function readVarint(bytes: Buffer, start: number): { value: bigint; end: number } {
  let value = 0n
  for (let at = start; at < start + 10; at += 1) {
    const byte = bytes[at]
    if (byte === undefined) throw new WireError('unexpected EOF')
    value |= BigInt(byte & 0x7f) << BigInt(7 * (at - start))
    if (byte < 0x80) return { value: BigInt.asUintN(64, value), end: at + 1 }
  }
  throw new WireError('proto: integer overflow')
}

/** Returns the fields of a message in their order. A field may occur several times. */
function readFields(bytes: Buffer): { number: number; value: WireValue }[] {
  const fields: { number: number; value: WireValue }[] = []
  for (let at = 0; at < bytes.length; ) {
    const tag = readVarint(bytes, at)
    const number = Number(tag.value >> 3n)
    const wireType = Number(tag.value & 7n)
    at = tag.end
    if (wireType === VARINT || wireType === BYTES) {
      const { value, end } = readVarint(bytes, at)
      at = wireType === VARINT ? end : end + Number(value)
      if (at > bytes.length) throw new WireError('unexpected EOF')
      fields.push({ number, value: wireType === VARINT ? value : bytes.subarray(end, at) })
    } else {
      const length = SKIPPED[wireType]
      if (length === undefined) throw new WireError(`proto: illegal wireType ${wireType}`)
      at += length
    }
  }
  return fields
}

function bytesOf(value: WireValue): Buffer {
  if (typeof value === 'bigint') throw new WireError('proto: wrong wireType = 0')
  return value
}
function integerOf(value: WireValue): bigint {
  if (typeof value !== 'bigint') throw new WireError('proto: wrong wireType = 2')
  return BigInt.asIntN(64, value)
}
const textOf = (value: WireValue): string => bytesOf(value).toString('utf8')

/** Reads a message of a known shape: the last value of each field. */
const messageOf = (value: WireValue): Map<number, WireValue> =>
  new Map(readFields(bytesOf(value)).map((field) => [field.number, field.value]))

/** RFC 3339 in whole seconds, or with microseconds. Undefined for the zero time, which has no fields. */
function timeOf(value: WireValue, fraction: boolean): string | undefined {
  const message = messageOf(value)
  const seconds = message.get(1)
  if (seconds === undefined) return undefined
  const date = new Date(Number(integerOf(seconds)) * 1000)
  if (Number.isNaN(date.getTime())) throw new WireError('the time is out of range')
  const micros = Math.floor(Number(integerOf(message.get(2) ?? 0n)) / 1000)
  return date.toISOString().replace('.000Z', fraction ? `.${String(micros).padStart(6, '0')}Z` : 'Z')
}

function intOrStringOf(value: WireValue): Json {
  const message = messageOf(value)
  const isText = integerOf(message.get(1) ?? 0n) === 1n
  return isText ? textOf(message.get(3) ?? Buffer.alloc(0)) : Number(integerOf(message.get(2) ?? 0n))
}

/** A value that the server stores unread: its bytes are JSON. */
function rawOf(value: WireValue): Json | undefined {
  const raw = messageOf(value).get(1)
  if (raw === undefined) return undefined
  try {
    return JSON.parse(textOf(raw))
  } catch {
    throw new WireError('a raw value is not JSON')
  }
}

/** Decodes one value; undefined for a zero time. */
function decodeValue(type: string, value: WireValue): Json | undefined {
  switch (type) {
    case 'string':
      return textOf(value)
    case 'bytes':
      return bytesOf(value).toString('base64')
    case 'boolean':
      return integerOf(value) !== 0n
    case 'int32':
    case 'int64':
      return Number(integerOf(value))
    case 'time':
    case 'microTime':
      return timeOf(value, type === 'microTime')
    case 'quantity':
      return textOf(messageOf(value).get(1) ?? Buffer.alloc(0))
    case 'intOrString':
      return intOrStringOf(value)
    case 'any':
      return rawOf(value)
    default:
      return decodeMessage(type, bytesOf(value))
  }
}

const isZero = (value: Json): boolean => value === '' || value === 0 || value === false

/** Sets an own property, so that a map's key such as `__proto__` does not change the prototype. */
function setKey(target: JsonObject, key: string, value: Json): void {
  Object.defineProperty(target, key, { value, writable: true, enumerable: true, configurable: true })
}

function addEntry(map: JsonObject, type: string, entry: WireValue): void {
  const message = messageOf(entry)
  const key = textOf(message.get(1) ?? Buffer.alloc(0))
  setKey(map, key, decodeValue(type, message.get(2) ?? Buffer.alloc(0)) ?? null)
}

/** Adds one field of the wire to `result`. Go encodes zero values of fields that are no pointers; JSON leaves them out. */
function addField(result: JsonObject, name: string, type: string, pointer: boolean, value: WireValue): void {
  const current = result[name]
  if (type.startsWith('map:')) {
    const map = isObject(current) ? current : {}
    addEntry(map, type.slice(4), value)
    result[name] = map
  } else if (type.endsWith('[]')) {
    const item = decodeValue(type.slice(0, -2), value) ?? null
    result[name] = Array.isArray(current) ? [...current, item] : [item]
  } else {
    const decoded = decodeValue(type, value)
    if (decoded !== undefined && (pointer || !isZero(decoded))) result[name] = decoded
  }
}

function decodeMessage(type: string, bytes: Buffer): JsonObject {
  const fields = wireFieldsOf(type) ?? []
  const result: JsonObject = {}
  for (const { number, value } of readFields(bytes)) {
    // Fields of a newer version are dropped, as by the real server.
    const field = fields.find((one) => one.number === number && number > 0)
    if (field?.name === '+') Object.assign(result, decodeMessage(field.type, bytesOf(value)))
    else if (field) addField(result, field.name, field.type, field.pointer, value)
  }
  return result
}

/**
 * Decodes a body into the JSON that the client would have sent.
 * @param kind the expected kind, for the error texts. A body of another kind is decoded without its fields.
 * @throws StatusError 400 when the body is not protobuf in the envelope of Kubernetes.
 */
export function decodeProtobuf(kind: string, body: Buffer): JsonObject {
  const prefix = `the object provided is unrecognized (must be of type ${kind}): `
  if (!body.subarray(0, MAGIC.length).equals(MAGIC))
    throw badRequest(
      `${prefix}provided data does not appear to be a protobuf message, expected prefix [107 56 115 0]`,
    )
  let sent: { apiVersion: string; kind: string; raw: Buffer }
  try {
    const envelope = messageOf(body.subarray(MAGIC.length))
    const typeMeta = messageOf(envelope.get(1) ?? Buffer.alloc(0))
    sent = {
      apiVersion: textOf(typeMeta.get(1) ?? Buffer.alloc(0)),
      kind: textOf(typeMeta.get(2) ?? Buffer.alloc(0)),
      raw: bytesOf(envelope.get(2) ?? Buffer.alloc(0)),
    }
  } catch (error) {
    throw malformed(error, prefix)
  }
  const { apiVersion, raw } = sent
  try {
    return { apiVersion, kind: sent.kind, ...(sent.kind === kind ? decodeMessage(kind, raw) : {}) }
  } catch (error) {
    throw malformed(error, `${kind} in version "v1" cannot be handled as a ${kind}: `)
  }
}

function malformed(error: unknown, prefix: string): unknown {
  return error instanceof WireError ? badRequest(`${prefix}${error.message}`) : error
}
