/** What one evaluation of the stacks registered: written by fake-pulumi.ts, read by the tests. */
import * as v from 'valibot'

const Properties = v.record(v.string(), v.unknown())

const ResourceSchema = v.object({
  urn: v.string(),
  /** As in `aws:dynamodb/table:Table`. */
  type: v.string(),
  name: v.string(),
  /** False for a component, which only groups others. */
  custom: v.boolean(),
  /** A secret value is `{ secret: value }`. */
  inputs: Properties,
  outputs: Properties,
  dependencies: v.array(v.string()),
  retainOnDelete: v.boolean(),
  protect: v.boolean(),
})

const GraphSchema = v.object({
  resources: v.array(ResourceSchema),
  calls: v.array(v.object({ token: v.string(), inputs: Properties })),
  outputs: Properties,
  errors: v.array(v.string()),
  /** Provider settings that SST passed. */
  config: v.record(v.string(), v.string()),
})

export type Resource = v.InferOutput<typeof ResourceSchema>
export type Graph = v.InferOutput<typeof GraphSchema>

/** @throws ValiError when the file is not a graph. */
export function parseGraph(text: string): Graph {
  return v.parse(GraphSchema, JSON.parse(text))
}
