import * as v from 'valibot'

const ApiException = v.object({ code: v.number(), body: v.unknown() })
const Status = v.object({ message: v.optional(v.string(), ''), reason: v.optional(v.string(), '') })

/** The HTTP status and metav1.Status of a refused call; undefined for an error that is no answer of the API server. */
export function statusOf(error: unknown): { code: number; message: string; reason: string } | undefined {
  const exception = v.safeParse(ApiException, error)
  if (!exception.success) return undefined
  const { code, body } = exception.output
  const status = v.safeParse(Status, typeof body === 'string' ? parseJson(body) : body)
  return status.success ? { code, ...status.output } : { code, message: '', reason: '' }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
