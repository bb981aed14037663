/** The fields of every type, parsed from the table in fields.ts. */

import { FIELDS } from './fields.ts'

export interface Field {
  /** The JSON key, or `+` when the fields of the type belong to the type around it. */
  name: string
  /** As in the table: `int32`, `Container[]`, `map:quantity`. */
  type: string
  /** The number in protobuf; 0 for a field that protobuf does not carry. */
  number: number
  required: boolean
  /** Whether a zero value differs from a missing one. */
  pointer: boolean
  /** How a strategic merge patch merges a list: by this key of its items, or as a set (`''`). Undefined: it replaces the list. */
  mergeKey: string | undefined
}

function parseField(text: string): Field {
  const [, number, name = '', required, pointer, type = '', merge] =
    /^(\d+):([\w+]+)(!?)=(\*?)([\w:[\]]+)(@\w*)?$/.exec(text) ?? []
  return {
    name,
    type,
    number: Number(number),
    required: required === '!',
    pointer: pointer === '*',
    mergeKey: merge?.slice(1),
  }
}

const texts = new Map<string, string>(Object.values(FIELDS).flatMap((types) => Object.entries(types)))
const parsed = new Map<string, readonly Field[]>()
const byName = new Map<string, ReadonlyMap<string, Field>>()

/** Returns the fields of a type as protobuf numbers them; undefined for a scalar, a list or a map. */
export function wireFieldsOf(type: string): readonly Field[] | undefined {
  const text = texts.get(type)
  if (text === undefined) return undefined
  const fields = parsed.get(type) ?? text.split(' ').filter(Boolean).map(parseField)
  parsed.set(type, fields)
  return fields
}

const flat = (type: string): readonly Field[] =>
  (wireFieldsOf(type) ?? []).flatMap((field) => (field.name === '+' ? flat(field.type) : [field]))

/** Returns the fields of a type by their JSON keys; undefined for a scalar, a list or a map. */
export function fieldsOf(type: string): ReadonlyMap<string, Field> | undefined {
  if (!texts.has(type)) return undefined
  const fields = byName.get(type) ?? new Map(flat(type).map((field) => [field.name, field]))
  byName.set(type, fields)
  return fields
}
