import * as v from 'valibot'
import { statusOf } from './status.ts'

/** Answers of the API server that mean "not now" (Kubernetes API conventions, HTTP status codes). */
const NOT_NOW: ReadonlySet<number> = new Set([429, 500, 502, 503, 504])
/** What the AWS SDK puts on every error that has to do with a call. */
const AwsError = v.object({ $metadata: v.object({}) })
/** Node's and undici's system errors carry a code; fetch wraps them as a cause. */
const SystemError = v.object({
  code: v.pipe(v.string(), v.regex(/^(E[A-Z]+|UND_ERR_.+|ERR_SSL.*|ERR_TLS.*)$/)),
})
const Wrapped = v.object({ cause: v.unknown() })

/** True when a part of the system did not answer, or said that it cannot now: trying again later makes sense. */
export function isOutage(error: unknown): boolean {
  const status = statusOf(error)
  if (status) return NOT_NOW.has(status.code)
  if (v.is(AwsError, error) || v.is(SystemError, error)) return true
  if (error instanceof DOMException && error.name === 'TimeoutError') return true
  return v.is(Wrapped, error) && error.cause !== undefined && isOutage(error.cause)
}
