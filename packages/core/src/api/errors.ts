/**
 * The one table of what can go wrong for a caller of the API: code, HTTP status, whether and when to try again, and
 * the sentence a person reads. It is also the documentation (openapi.ts prints it).
 */
export const API_ERRORS = {
  bad_secret: {
    status: 401,
    sentence: 'Authorization must be "Bearer " and 43 characters of base64url, made by your browser.',
  },
  bad_body: { status: 400, sentence: 'The request body is not what this call takes.' },
  bad_query: { status: 400, sentence: 'The query is not what this call takes.' },
  bad_id: { status: 400, sentence: 'A session id is 32 characters of 0-9 and a-f.' },
  bad_type: { status: 415, sentence: 'Bodies are JSON: send content-type application/json.' },
  body_too_large: { status: 413, sentence: 'The request body is too large.' },
  no_such_path: { status: 404, sentence: 'There is nothing at this address.' },
  no_such_method: { status: 405, sentence: 'This address does not take that method.' },
  no_session: { status: 404, sentence: 'You hold no session of that id.' },
  session_over: { status: 409, sentence: 'This session has ended.' },
  old_epoch: { status: 409, sentence: 'This session has moved on to a later pod.' },
  future_epoch: { status: 409, sentence: 'This session has not come to that epoch yet.' },
  lease_at_limit: { status: 409, sentence: 'This session is already as long as anyone may keep one.' },
  too_soon: { status: 429, sentence: 'You killed this pod a moment ago.', retryAfterMs: 2_000 },
  too_many_claims: {
    status: 429,
    sentence: 'That was a lot of pods from your network.',
    retryAfterMs: 60_000,
  },
  too_many_recoveries: {
    status: 429,
    sentence: 'That was a lot of replacements from your network.',
    retryAfterMs: 60_000,
  },
  too_many_sessions: {
    status: 429,
    sentence: 'Your network already holds as many pods as one may.',
    retryAfterMs: 30_000,
  },
  contention: { status: 503, sentence: 'Others took the warm pods in the same instant.', retryAfterMs: 300 },
  capacity: { status: 503, sentence: 'Every pod we may run is in use.', retryAfterMs: 3_000 },
  asleep: {
    status: 503,
    sentence: 'The cluster is switched off to save money.',
    retryAfterMs: 300_000,
  },
  unavailable: { status: 503, sentence: 'A part of the system did not answer.', retryAfterMs: 2_000 },
  internal: { status: 500, sentence: 'Something went wrong on our side.', retryAfterMs: 2_000 },
} as const satisfies Record<string, { status: number; sentence: string; retryAfterMs?: number }>

export type ApiErrorCode = keyof typeof API_ERRORS

export interface ApiErrorDetail {
  /** The field, header or parameter at fault. */
  readonly field?: string
  readonly expected?: string
  /** What came instead, shortened; never a secret. */
  readonly received?: string
  /** Overrides the table's. */
  readonly retryAfterMs?: number
  /** Answers more exactly than the table's sentence. */
  readonly sentence?: string
}

/** An error a caller may read: its code decides status, sentence and retry. */
export class ApiError extends Error {
  override name = 'ApiError'
  readonly code: ApiErrorCode
  readonly detail: ApiErrorDetail

  constructor(code: ApiErrorCode, detail: ApiErrorDetail = {}, options?: ErrorOptions) {
    super(detail.sentence ?? API_ERRORS[code].sentence, options)
    this.code = code
    this.detail = detail
  }

  get status(): number {
    return API_ERRORS[this.code].status
  }

  /** Milliseconds after which trying again makes sense; absent when it does not. */
  get retryAfterMs(): number | undefined {
    const row: { status: number; retryAfterMs?: number } = API_ERRORS[this.code]
    return this.detail.retryAfterMs ?? row.retryAfterMs
  }
}
