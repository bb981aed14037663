import { toJsonSchema } from '@valibot/to-json-schema'
import type { SchemaObject } from 'openapi3-ts/oas31'
import type { GenericSchema } from 'valibot'

/**
 * Returns the JSON Schema of the values that a schema accepts. The generator and openapi3-ts have types of their own for
 * the same JSON Schema.
 */
export function schemaOf(schema: GenericSchema): SchemaObject {
  const { $schema: _dialect, ...json } = toJsonSchema(schema, { errorMode: 'ignore', typeMode: 'input' })
  return json as SchemaObject
}
