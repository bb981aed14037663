/** The file format of a recorded resource graph: fake-pulumi.ts writes it, the tests read it. */
import * as v from 'valibot'

const Properties = v.record(v.string(), v.unknown())

const ResourceSchema = v.object({
  urn: v.string(),
  /** Pulumi's type, such as `aws:dynamodb/table:Table`. */
  type: v.string(),
  name: v.string(),
  /** False for a component, which only groups resources. */
  custom: v.boolean(),
  /** A secret value is recorded as `{ secret: value }`. */
  inputs: Properties,
  outputs: Properties,
  dependencies: v.array(v.string()),
  /** URNs under which a deployed resource is updated in place instead of replaced. */
  aliases: v.array(v.string()),
  retainOnDelete: v.boolean(),
  protect: v.boolean(),
})

const GraphSchema = v.object({
  resources: v.array(ResourceSchema),
  calls: v.array(v.object({ token: v.string(), inputs: Properties })),
  outputs: Properties,
  errors: v.array(v.string()),
  /** Provider settings from SST, such as `aws:region`. */
  config: v.record(v.string(), v.string()),
})

export type Resource = v.InferOutput<typeof ResourceSchema>
export type Graph = v.InferOutput<typeof GraphSchema>

/** Parses a graph file. @throws SyntaxError or ValiError when the text is no graph. */
export function parseGraph(text: string): Graph {
  return v.parse(GraphSchema, JSON.parse(text))
}
