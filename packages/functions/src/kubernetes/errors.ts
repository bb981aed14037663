/** Classifies the errors of Kubernetes, AWS and the network. */
import { STATUS_CODES } from 'node:http'
import { DynamoDBServiceException } from '@aws-sdk/client-dynamodb'
import * as v from 'valibot'

/** EKS returns no endpoint for the cluster, for example while it is created. */
export class ClusterNotReady extends Error {
  override name = 'ClusterNotReady'
  /** Status in DescribeCluster, such as `CREATING`. */
  readonly status: string

  constructor(cluster: string, status: string) {
    super(`EKS returned no endpoint for the cluster ${cluster}. Its status is ${status}.`)
    this.status = status
  }
}

/** Statuses of the API server for a temporary condition (Kubernetes API conventions, HTTP status codes). */
const TEMPORARY: ReadonlySet<number> = new Set([429, 500, 502, 503, 504])
/** The AWS SDK adds this to the error of every call, also when no response came. */
const AwsError = v.object({
  name: v.string(),
  message: v.string(),
  $fault: v.optional(v.string()),
  $metadata: v.object({ httpStatusCode: v.optional(v.number()) }),
})
/** Names of AWS errors that blame the client for a temporary condition. */
const AWS_BUSY = /Throttl|Exceeded|TooManyRequests/
/**
 * System errors of Node and undici carry a code, and so does a certificate that Node does not trust. fetch wraps them as a
 * cause.
 */
const SystemError = v.object({
  code: v.pipe(
    v.string(),
    v.regex(/^(E[A-Z]+|UND_ERR_.+|ERR_SSL.*|ERR_TLS.*|[A-Z_]*CERT[A-Z_]*|UNABLE_TO_[A-Z_]+)$/),
  ),
})
const Wrapped = v.object({ cause: v.unknown() })

/** Returns true when a dependency did not answer or answered with a temporary condition. A later retry makes sense. */
export function isOutage(error: unknown): boolean {
  const status = statusOf(error)
  if (status) return TEMPORARY.has(status.code)
  if (error instanceof ClusterNotReady || v.is(AwsError, error) || v.is(SystemError, error)) return true
  if (error instanceof DOMException && error.name === 'TimeoutError') return true
  return v.is(Wrapped, error) && error.cause !== undefined && isOutage(error.cause)
}

/** Why a call of Kubernetes or AWS failed. */
export interface Failure {
  /** One line of at most 240 characters, in the service's own words. It names no role, account or address. */
  readonly problem: string
  /** True when the service answered and refuses the request until its configuration changes. */
  readonly refused: boolean
}

/** Statuses of the API server for a request that it refuses: no credentials, no right, no namespace, or an invalid object. */
const REFUSALS: ReadonlySet<number> = new Set([401, 403, 404, 422])

/** Returns undefined when the error comes from neither Kubernetes, AWS nor the network, so that it is a bug. */
export function failureOf(error: unknown): Failure | undefined {
  const status = statusOf(error)
  if (status) {
    const words = status.message || STATUS_CODES[status.code] || 'no message'
    return {
      problem: publicLine(`Kubernetes answered ${status.code}: ${words}`),
      refused: REFUSALS.has(status.code),
    }
  }
  if (error instanceof ClusterNotReady) return unanswered(error.message)
  if (v.is(AwsError, error)) return awsFailure(error)
  if (v.is(SystemError, error)) return unanswered(`Kubernetes did not answer (${error.code})`)
  if (error instanceof DOMException && error.name === 'TimeoutError')
    return unanswered(`Kubernetes did not answer (${error.name})`)
  return v.is(Wrapped, error) && error.cause !== undefined ? failureOf(error.cause) : undefined
}

function awsFailure(error: v.InferOutput<typeof AwsError>): Failure {
  const { $fault, $metadata, message, name } = error
  const service = error instanceof DynamoDBServiceException ? 'DynamoDB' : 'AWS'
  if ($metadata.httpStatusCode === undefined && $fault === undefined)
    return unanswered(`AWS did not answer (${v.is(SystemError, error) ? error.code : name})`)
  return {
    problem: publicLine(`${service} answered ${name}: ${message}`),
    refused: $fault === 'client' && !AWS_BUSY.test(name),
  }
}

function unanswered(problem: string): Failure {
  return { problem, refused: false }
}

/** An error text on one line for `GET /pool`, which needs no login: without users, ARNs, accounts and addresses. */
function publicLine(text: string): string {
  const line = text
    .replace(/[\s\p{Cc}]+/gu, ' ')
    .replace(/\bUser "[^"]*"/g, 'User "…"')
    .replace(/\barn:[^\s"',]+/g, 'arn:…')
    .replace(/\bhttps?:\/\/[^\s"',]+/g, '…')
    .replace(/\b\d{1,3}(?:\.\d{1,3}){3}(?::\d+)?\b|\b\d{12}\b/g, '…')
    .trim()
  return line.length > 240 ? `${line.slice(0, 239)}…` : line
}

/** The client's error for a response that is not a success. */
const ApiException = v.object({ code: v.number(), body: v.unknown() })
const Status = v.object({ message: v.optional(v.string(), '') })

/**
 * Returns the HTTP status and the message of the API server's metav1.Status. Undefined when the error is not a response of
 * the API server.
 */
export function statusOf(error: unknown): { code: number; message: string } | undefined {
  const exception = v.safeParse(ApiException, error)
  if (!exception.success) return undefined
  const { code, body } = exception.output
  const status = v.safeParse(Status, typeof body === 'string' ? parseJson(body) : body)
  return { code, message: status.success ? status.output.message : '' }
}

/** True when the API server answered 429: the client asks too much. */
export function hasThrottled(error: unknown): boolean {
  return statusOf(error)?.code === 429
}

const WithHeaders = v.object({ headers: v.record(v.string(), v.unknown()) })

/**
 * How long the API server asks to wait, in ms, from the header `Retry-After` (RFC 9110, section 10.2.3): seconds, or a date. Undefined
 * when the error is no response, or its header is missing or unreadable. A date in the past is 0.
 * @param nowMs wall clock, ms since 1970.
 */
export function retryAfterMs(error: unknown, nowMs: number): number | undefined {
  const response = v.safeParse(WithHeaders, error)
  const value = response.success ? response.output.headers['retry-after'] : undefined
  const text = value?.toString().trim() ?? ''
  // The RFC has whole seconds only. A fraction is still clear.
  if (/^\d+(\.\d+)?$/.test(text)) return Math.ceil(Number(text) * 1_000)
  // Date.parse reads much that is no HTTP date, such as "-5".
  const atMs = /^[A-Z][a-z]{2}, .* GMT$/.test(text) ? Date.parse(text) : Number.NaN
  return Number.isNaN(atMs) ? undefined : Math.max(0, atMs - nowMs)
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
