/**
 * The OpenAPI v3 documents of the API groups, made from the tables of resources and fields. kubectl reads them for `explain`,
 * for the merge keys of `apply`, and to learn that this server validates fields itself.
 */

import type { JsonObject } from '../apimachinery/json.ts'
import { apiVersionOf, RESOURCES, type Resource } from '../apimachinery/resources.ts'
import { FIELDS } from '../registry/fields.ts'
import { type Field, fieldsOf } from '../registry/schema.ts'

/** The prefix of a schema's name by the group of its type, as in the real documents. */
const PREFIXES: Readonly<Record<keyof typeof FIELDS, string>> = {
  core: 'io.k8s.api.core.v1',
  batch: 'io.k8s.api.batch.v1',
  policy: 'io.k8s.api.policy.v1',
  authorization: 'io.k8s.api.authorization.v1',
  authentication: 'io.k8s.api.authentication.v1',
  meta: 'io.k8s.apimachinery.pkg.apis.meta.v1',
}
const groupOfType = new Map(
  Object.entries(FIELDS).flatMap(([group, types]) =>
    Object.keys(types).map((type) => [type, group] as const),
  ),
)

const SCALARS: Readonly<Record<string, JsonObject>> = {
  string: { type: 'string' },
  boolean: { type: 'boolean' },
  int32: { type: 'integer', format: 'int32' },
  int64: { type: 'integer', format: 'int64' },
  bytes: { type: 'string', format: 'byte' },
  time: { type: 'string', format: 'date-time' },
  microTime: { type: 'string', format: 'date-time' },
  any: { type: 'object' },
}
const SPECIAL: Readonly<Record<string, { name: string; schema: JsonObject }>> = {
  quantity: {
    name: 'io.k8s.apimachinery.pkg.api.resource.Quantity',
    schema: { oneOf: [{ type: 'string' }, { type: 'number' }] },
  },
  intOrString: {
    name: 'io.k8s.apimachinery.pkg.util.intstr.IntOrString',
    schema: { oneOf: [{ type: 'integer' }, { type: 'string' }], format: 'int-or-string' },
  },
}

function nameOf(type: string): string {
  const group = groupOfType.get(type)
  // The map has only the keys of FIELDS.
  return SPECIAL[type]?.name ?? `${PREFIXES[group as keyof typeof FIELDS]}.${type}`
}

/** Where the reference documentation describes a type. The engine has no descriptions of its own. */
const described = (type: string): string =>
  `See https://kubernetes.io/docs/reference/generated/kubernetes-api/v1.36/#${type.toLowerCase()}-v1-${groupOfType.get(type)}`

/** Returns the schema of a type, and calls `used` with every named type in it. */
function schemaOf(type: string, used: (type: string) => void): JsonObject {
  if (type.startsWith('map:')) return { type: 'object', additionalProperties: schemaOf(type.slice(4), used) }
  if (type.endsWith('[]')) return { type: 'array', items: schemaOf(type.slice(0, -2), used) }
  const scalar = SCALARS[type]
  if (scalar) return scalar
  used(type)
  return { allOf: [{ $ref: `#/components/schemas/${nameOf(type)}` }] }
}

function mergeRules({ mergeKey }: Field): JsonObject {
  if (mergeKey === undefined) return {}
  return {
    'x-kubernetes-patch-strategy': 'merge',
    ...(mergeKey ? { 'x-kubernetes-patch-merge-key': mergeKey } : {}),
  }
}

function typeSchema(type: string, used: (type: string) => void): JsonObject {
  const special = SPECIAL[type]
  if (special) return special.schema
  const fields = [...(fieldsOf(type)?.values() ?? [])]
  const required = fields.filter((field) => field.required).map(({ name }) => name)
  return {
    type: 'object',
    description: described(type),
    properties: Object.fromEntries(
      fields.map((field) => [field.name, { ...schemaOf(field.type, used), ...mergeRules(field) }]),
    ),
    ...(required.length > 0 ? { required } : {}),
  }
}

/** Returns the schemas of the kinds and of every type below them, by name. */
function schemasOf(resources: readonly Resource[]): JsonObject {
  const schemas: JsonObject = {}
  const waiting: string[] = resources.map(({ kind }) => kind)
  const done = new Set<string>()
  for (let type = waiting.pop(); type !== undefined; type = waiting.pop()) {
    if (done.has(type)) continue
    done.add(type)
    schemas[nameOf(type)] = typeSchema(type, (other) => waiting.push(other))
  }
  for (const { kind, group } of resources)
    Object.assign(schemas[nameOf(kind)] ?? {}, {
      'x-kubernetes-group-version-kind': [{ group, version: 'v1', kind }],
    })
  return schemas
}

const query = (name: string): JsonObject => ({ name, in: 'query', schema: { type: 'string' } })
const WRITE = [query('dryRun'), query('fieldManager'), query('fieldValidation')]
const BODIES: Readonly<Record<string, readonly string[]>> = {
  post: ['application/json', 'application/vnd.kubernetes.protobuf'],
  put: ['application/json', 'application/vnd.kubernetes.protobuf'],
  patch: [
    'application/json-patch+json',
    'application/merge-patch+json',
    'application/strategic-merge-patch+json',
  ],
}

function operation({ kind, group }: Resource, method: string): JsonObject {
  const schema = { $ref: `#/components/schemas/${nameOf(kind)}` }
  const bodies = BODIES[method]?.map((type) => [
    type,
    method === 'patch' ? { schema: SCALARS.any ?? {} } : { schema },
  ])
  return {
    ...(bodies
      ? { parameters: WRITE, requestBody: { content: Object.fromEntries(bodies), required: true } }
      : {}),
    responses: {
      [method === 'post' ? '201' : '200']: { description: 'OK', content: { 'application/json': { schema } } },
    },
    'x-kubernetes-group-version-kind': { group, version: 'v1', kind },
  }
}

const METHODS: Readonly<Record<string, string>> = {
  get: 'get',
  update: 'put',
  patch: 'patch',
  delete: 'delete',
}

function pathsOf(resource: Resource): [string, JsonObject][] {
  const { name, namespaced, verbs } = resource
  const base = `${resource.group ? '/apis' : '/api'}/${apiVersionOf(resource)}${namespaced ? '/namespaces/{namespace}' : ''}/${name}`
  const named = verbs.flatMap((verb) => {
    const method = METHODS[verb]
    return method ? [[method, operation(resource, method)] as const] : []
  })
  const inPath = (key: string): JsonObject => ({
    name: key,
    in: 'path',
    required: true,
    schema: { type: 'string' },
  })
  const namespace = namespaced ? [inPath('namespace')] : []
  return [
    [
      base,
      {
        get: operation(resource, 'get'),
        ...(verbs.includes('create') ? { post: operation(resource, 'post') } : {}),
        parameters: namespace,
      },
    ],
    [`${base}/{name}`, { ...Object.fromEntries(named), parameters: [inPath('name'), ...namespace] }],
  ]
}

/** The path of each document below `/openapi/v3/`, and its group. */
const GROUPS: ReadonlyMap<string, string> = new Map([
  ['api/v1', ''],
  ['apis/batch/v1', 'batch'],
])

function openApi(group: string, version: string): JsonObject {
  const resources = RESOURCES.filter((resource) => resource.group === group)
  return {
    openapi: '3.0.0',
    info: { title: 'Kubernetes', version },
    paths: Object.fromEntries(resources.flatMap(pathsOf)),
    components: { schemas: schemasOf(resources) },
  }
}

/** Returns the index `/openapi/v3` or one of its documents; undefined for every other path. */
export function openApiDocument(path: string, version: string): JsonObject | undefined {
  if (path === '/openapi/v3')
    return {
      paths: Object.fromEntries(
        [...GROUPS.keys()].map((key) => [key, { serverRelativeURL: `/openapi/v3/${key}` }]),
      ),
    }
  const group = path.startsWith('/openapi/v3/') ? GROUPS.get(path.slice('/openapi/v3/'.length)) : undefined
  return group === undefined ? undefined : openApi(group, version)
}
