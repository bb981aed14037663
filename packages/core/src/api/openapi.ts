/** The OpenAPI 3.1 document, made from the schemas that validate requests. */
import type {
  OpenAPIObject,
  OperationObject,
  ParameterObject,
  PathsObject,
  ResponsesObject,
  SchemaObject,
} from 'openapi3-ts/oas31'
import { LIMITS } from '../limits.ts'
import { ErrorSchema } from './contracts.ts'
import { API_ERRORS, type ApiErrorCode } from './errors.ts'
import { FORM_TYPE, isFormOperation } from './form.ts'
import { schemaOf } from './json-schema.ts'
import { errorsOf, OPERATIONS, type Operation } from './operations.ts'

/** Returns the document of `GET /openapi.json`. Response schemas describe the JSON that the API sends. */
export function openapi(): OpenAPIObject {
  const paths: PathsObject = {}
  for (const [name, operation] of Object.entries<Operation>(OPERATIONS)) {
    paths[operation.path] = {
      ...paths[operation.path],
      [operation.method.toLowerCase()]: operationObject(name, operation),
    }
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'Warm Pods',
      version: '1.0.0',
      description: `Hold a warm Kubernetes pod of your own. Times are ISO 8601 UTC, durations end in Ms. An unknown path answers ${API_ERRORS.no_such_path.status} \`no_such_path\`, an unknown method ${API_ERRORS.no_such_method.status} \`no_such_method\`. The socket of a pod has a document of its own: docs/asyncapi.yaml in the repository, with an example client in docs/client.mjs.`,
    },
    servers: [{ url: '.', description: 'The origin and path from which this document was read.' }],
    paths,
    components: {
      schemas: { Error: schemaOf(ErrorSchema) },
      securitySchemes: {
        secret: {
          type: 'http',
          scheme: 'bearer',
          description:
            '43 characters of base64url: 256 random bits made by the browser. Its hash is the session id.',
        },
      },
    },
  }
}

function operationObject(name: string, operation: Operation): OperationObject {
  return {
    operationId: name,
    summary: operation.summary,
    ...(operation.auth === 'visitor' ? { security: [{ secret: [] }] } : {}),
    parameters: parametersOf(operation),
    ...(operation.body
      ? {
          requestBody: {
            required: operation.bodyOptional !== true,
            description: `At most ${LIMITS.bodyBytes} bytes.`,
            content: {
              'application/json': { schema: schemaOf(operation.body) },
              ...(name === 'claim' ? { [FORM_TYPE]: { schema: FORM_SCHEMA } } : {}),
            },
          },
        }
      : {}),
    responses: { ...successes(operation), ...failures(errorsOf(operation)) },
  }
}

/** The other encoding of every operation that needs the secret, see `form.ts`. */
const FORM_SCHEMA: SchemaObject = {
  type: 'object',
  description:
    'For the page on another origin: any operation with security, without a CORS preflight. Its path becomes `operation` and `id`, its JSON body the field `body`, its query further fields. The Origin header must be that of the page.',
  required: ['access_token'],
  properties: {
    access_token: { type: 'string', pattern: '^[A-Za-z0-9_-]{43}$' },
    operation: { type: 'string', enum: Object.keys(OPERATIONS).filter(isFormOperation), default: 'claim' },
    id: { type: 'string', pattern: '^[0-9a-f]{32}$' },
    body: { type: 'string', description: 'JSON' },
  },
}

function parametersOf(operation: Operation): ParameterObject[] {
  const id: ParameterObject = {
    name: 'id',
    in: 'path',
    required: true,
    schema: { type: 'string', pattern: '^[0-9a-f]{32}$' },
  }
  const properties = operation.query ? Object.entries(schemaOf(operation.query).properties ?? {}) : []
  return [
    ...(operation.path.includes('{id}') ? [id] : []),
    ...properties.map(([name, schema]): ParameterObject => ({ name, in: 'query', required: false, schema })),
  ]
}

function successes({ responses, mediaType = 'application/json' }: Operation): ResponsesObject {
  return Object.fromEntries(
    Object.entries(responses).map(([status, schema]) => [
      status,
      {
        description: 'Done.',
        ...(schema ? { content: { [mediaType]: { schema: schemaOf(schema) } } } : {}),
      },
    ]),
  )
}

/** OpenAPI allows one response for each status, so its description lists every code of that status with its message. */
function failures(codes: readonly ApiErrorCode[]): ResponsesObject {
  const content = { 'application/json': { schema: { $ref: '#/components/schemas/Error' } } }
  const byStatus = Map.groupBy(codes, (code) => API_ERRORS[code].status)
  return Object.fromEntries(
    [...byStatus].map(([status, those]) => [
      String(status),
      { description: those.map((code) => `\`${code}\`: ${API_ERRORS[code].message}`).join('\n\n'), content },
    ]),
  )
}
