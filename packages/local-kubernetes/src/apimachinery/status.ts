/**
 * Errors with the texts of the real API server. Each constructor has its counterpart in
 * k8s.io/apimachinery/pkg/api/errors. The texts were compared with a real 1.36 cluster.
 */

import { qualifiedKind, qualifiedResource, type Resource } from './resources.ts'

/** One entry of `details.causes`. The API calls the type of a cause `reason`. */
export interface Cause {
  reason?: string
  message: string
  field?: string
}
interface Details {
  name?: string
  group?: string
  kind?: string
  uid?: string
  causes?: Cause[]
  retryAfterSeconds?: number
}
/** metav1.Status of a failure. */
export interface StatusBody {
  kind: 'Status'
  apiVersion: 'v1'
  metadata: Record<string, never>
  status: 'Success' | 'Failure'
  message?: string
  reason?: string
  details?: Details
  code?: number
}

/** An error that the server sends as an HTTP response, or as the ERROR event of a watch. */
export class StatusError extends Error {
  override name = 'StatusError'
  readonly body: StatusBody
  readonly code: number
  constructor(code: number, reason: string, message: string, details?: Details) {
    super(message)
    this.code = code
    this.body = {
      kind: 'Status',
      apiVersion: 'v1',
      metadata: {},
      status: 'Failure',
      message,
      ...(reason ? { reason } : {}),
      ...(details ? { details } : {}),
      code,
    }
  }
}

function details(resource: Resource, name: string, kind: string): Details {
  return { ...(name ? { name } : {}), ...(resource.group ? { group: resource.group } : {}), kind }
}

/** 404: there is no object of that name. */
export function notFound(resource: Resource, name: string): StatusError {
  const message = `${qualifiedResource(resource)} ${JSON.stringify(name)} not found`
  return new StatusError(404, 'NotFound', message, details(resource, name, resource.name))
}

/** 404: there is no such path or resource. */
export function noSuchResource(): StatusError {
  return new StatusError(404, 'NotFound', 'the server could not find the requested resource', {})
}

/** 405: the path exists but does not support the method. */
export function methodNotAllowed(): StatusError {
  const message = 'the server does not allow this method on the requested resource'
  return new StatusError(405, 'MethodNotAllowed', message, {})
}

/** 403 for a request of a web page. A real API server would answer 401; this engine has no authentication. */
export function forbiddenToWebPages(): StatusError {
  return new StatusError(
    403,
    'Forbidden',
    'forbidden: this API serves programs on this machine, not web pages',
    {},
  )
}

/** 409 on a create. */
export function alreadyExists(resource: Resource, name: string): StatusError {
  const message = `${qualifiedResource(resource)} ${JSON.stringify(name)} already exists`
  return new StatusError(409, 'AlreadyExists', message, details(resource, name, resource.name))
}

/** 409 on a write that is based on an older version. */
export function conflict(resource: Resource, name: string): StatusError {
  const why = 'the object has been modified; please apply your changes to the latest version and try again'
  const message = `Operation cannot be fulfilled on ${qualifiedResource(resource)} ${JSON.stringify(name)}: ${why}`
  return new StatusError(409, 'Conflict', message, details(resource, name, resource.name))
}

/** 409 on a delete whose precondition does not hold. The real server names the kind here, not the resource. */
export function preconditionFailed(resource: Resource, name: string, why: string): StatusError {
  const message = `Operation cannot be fulfilled on ${qualifiedKind(resource)} ${JSON.stringify(name)}: ${why}`
  return new StatusError(409, 'Conflict', message, details(resource, name, resource.kind))
}

/** 403. */
export function forbidden(resource: Resource, name: string, why: string): StatusError {
  const subject = name
    ? `${qualifiedResource(resource)} ${JSON.stringify(name)}`
    : qualifiedResource(resource)
  return new StatusError(
    403,
    'Forbidden',
    `${subject} is forbidden: ${why}`,
    details(resource, name, resource.name),
  )
}

/** 400. */
export function badRequest(message: string): StatusError {
  return new StatusError(400, 'BadRequest', message)
}

/** 410: the requested version is older than the history. */
export function expired(message: string): StatusError {
  return new StatusError(410, 'Expired', message)
}

/** 406. */
export function notAcceptable(available: string): StatusError {
  const message = `406: Not Acceptable\n\nAvailable representations: ${available}`
  return new StatusError(406, 'NotAcceptable', message, {})
}

/** 501: the real API server has this request, and this one does not. */
export function notImplemented(message: string): StatusError {
  return new StatusError(501, '', message, {})
}

/** 415. */
export function unsupportedMediaType(message: string): StatusError {
  return new StatusError(415, 'UnsupportedMediaType', message, message.startsWith('415') ? {} : undefined)
}

/** 422 for a JSON patch that does not apply: a failed `test`, or a missing path. */
export function patchRejected(): StatusError {
  return new StatusError(422, 'Invalid', 'the server rejected our request due to an error in our request', {})
}

/** One invalid field. The texts follow k8s.io/apimachinery/pkg/util/validation/field. */
export interface FieldError {
  field: string
  reason: string
  body: string
}

/** A missing field. */
export const required = (field: string, why = ''): FieldError => ({
  field,
  reason: 'FieldValueRequired',
  body: why ? `Required value: ${why}` : 'Required value',
})
/** A field with an invalid value. */
export const invalidValue = (field: string, value: unknown, why: string): FieldError => ({
  field,
  reason: 'FieldValueInvalid',
  body: `Invalid value: ${JSON.stringify(value)}: ${why}`,
})
/** A field that must not be set or changed. */
export const forbiddenField = (field: string, why: string): FieldError => ({
  field,
  reason: 'FieldValueForbidden',
  body: `Forbidden: ${why}`,
})
/** A field whose value is not in a list of allowed values. */
export const notSupported = (field: string, value: unknown, allowed: readonly string[]): FieldError => ({
  field,
  reason: 'FieldValueNotSupported',
  body: `Unsupported value: ${JSON.stringify(value)}: supported values: ${allowed.map((one) => JSON.stringify(one)).join(', ')}`,
})

/** 422 with one cause for each invalid field. The message contains equal texts once, the causes contain all. */
export function invalid(
  subject: { kind: string; group: string },
  name: string,
  errors: readonly FieldError[],
): StatusError {
  const messages = [...new Set(errors.map((error) => `${error.field}: ${error.body}`))]
  const all = messages.length === 1 ? messages[0] : `[${messages.join(', ')}]`
  const kind = subject.group ? `${subject.kind}.${subject.group}` : subject.kind
  return new StatusError(422, 'Invalid', `${kind} ${JSON.stringify(name)} is invalid: ${all}`, {
    ...(name ? { name } : {}),
    ...(subject.group ? { group: subject.group } : {}),
    kind: subject.kind,
    causes: errors.map(({ reason, body, field }) => ({ reason, message: body, field })),
  })
}
