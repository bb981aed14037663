/** Classifies the errors of Kubernetes, AWS and the network. */
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
const AwsError = v.object({ $metadata: v.object({}) })
/** System errors of Node and undici carry a code; fetch wraps them as a cause. */
const SystemError = v.object({
  code: v.pipe(v.string(), v.regex(/^(E[A-Z]+|UND_ERR_.+|ERR_SSL.*|ERR_TLS.*)$/)),
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

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
