/**
 * Every error of the API: its code, HTTP status, message, and for a retry the delay in ms. `openapi.ts` prints this table
 * into the document.
 */
export const API_ERRORS = {
  bad_secret: {
    status: 401,
    message: 'Authorization must be "Bearer " and 43 characters of base64url, made by your browser.',
  },
  bad_body: { status: 400, message: 'The request body does not match this operation.' },
  bad_query: { status: 400, message: 'The query does not match this operation.' },
  bad_id: { status: 400, message: 'A session id is 32 characters of 0-9 and a-f.' },
  bad_type: { status: 415, message: 'Bodies are JSON: send content-type application/json.' },
  body_too_large: { status: 413, message: 'The request body is too large.' },
  foreign_origin: {
    status: 403,
    message: 'Forms are accepted from the page alone: other clients send Authorization.',
  },
  no_such_path: { status: 404, message: 'There is nothing at this address.' },
  no_such_method: { status: 405, message: 'This address does not take that method.' },
  no_session: { status: 404, message: 'You hold no session with that id.' },
  session_over: { status: 409, message: 'This session has ended.' },
  old_epoch: { status: 409, message: 'This session has moved on to a later pod.' },
  future_epoch: { status: 409, message: 'This session has not reached that epoch yet.' },
  lease_at_limit: { status: 409, message: 'This session has reached its maximum lifetime.' },
  too_soon: { status: 429, message: 'You killed this pod a moment ago.', retryAfterMs: 2_000 },
  too_many_claims: {
    status: 429,
    message: 'That was a lot of pods from your network.',
    retryAfterMs: 60_000,
  },
  too_many_recoveries: {
    status: 429,
    message: 'That was a lot of replacements from your network.',
    retryAfterMs: 60_000,
  },
  too_many_sessions: {
    status: 429,
    message: 'Your network already holds the maximum number of pods.',
    retryAfterMs: 30_000,
  },
  contention: {
    status: 503,
    message: 'Other visitors claimed the warm pods at the same moment.',
    retryAfterMs: 300,
  },
  capacity: { status: 503, message: 'Every pod we may run is in use.', retryAfterMs: 3_000 },
  asleep: {
    status: 503,
    message: 'The cluster is switched off to save money.',
    retryAfterMs: 300_000,
  },
  unavailable: { status: 503, message: 'A part of the system did not answer.', retryAfterMs: 2_000 },
  internal: { status: 500, message: 'Something went wrong on our side.', retryAfterMs: 2_000 },
} as const satisfies Record<string, { status: number; message: string; retryAfterMs?: number }>

export type ApiErrorCode = keyof typeof API_ERRORS

export interface ApiErrorDetail {
  /** The field, header or parameter at fault. */
  readonly field?: string
  readonly expected?: string
  /** The value received, shortened; never a secret. */
  readonly received?: string
  /** Replaces the table's delay. */
  readonly retryAfterMs?: number
  /** Replaces the table's message. */
  readonly message?: string
}

/** An error that the caller may read. Its code decides status, message and retry. */
export class ApiError extends Error {
  override name = 'ApiError'
  readonly code: ApiErrorCode
  readonly detail: ApiErrorDetail

  constructor(code: ApiErrorCode, detail: ApiErrorDetail = {}, options?: ErrorOptions) {
    super(detail.message ?? API_ERRORS[code].message, options)
    this.code = code
    this.detail = detail
  }

  get status(): number {
    return API_ERRORS[this.code].status
  }

  /** Milliseconds to wait before a retry; undefined when a retry cannot succeed. */
  get retryAfterMs(): number | undefined {
    const row: { status: number; retryAfterMs?: number } = API_ERRORS[this.code]
    return this.detail.retryAfterMs ?? row.retryAfterMs
  }
}
