import type { Session } from './contracts.ts'

/** A client's estimate of the API's clock. The client's own clock may be wrong by any amount. */
export class ApiClock {
  /**
   * The API's clock minus the client's, ms. A session's answer has the rest of its lease, which gives it exactly. The Date header
   * gives it to about a second. 0 before the first of them.
   */
  skewMs = 0
  #isExact = false

  /**
   * Learns from one answer of the API.
   * @param date the Date header. A cache or a proxy may have set it.
   * @param value the body, if the call succeeded.
   * @param nowMs the client's wall clock when the answer came, ms since 1970.
   */
  learn(date: string | null, value: unknown, nowMs: number): void {
    const exactMs = skewByLease(value, nowMs)
    const roughMs = this.#isExact ? undefined : skewByHeader(date, nowMs)
    this.#isExact ||= exactMs !== undefined
    this.skewMs = exactMs ?? roughMs ?? this.skewMs
  }
}

/** By the end of a lease and its rest. Undefined for an answer that lacks them. */
function skewByLease(value: unknown, nowMs: number): number | undefined {
  const { leaseEndsAt, leaseLeftMs = 0 } = (value ?? {}) as Partial<Session>
  return leaseEndsAt && leaseLeftMs > 0 ? Date.parse(leaseEndsAt) - leaseLeftMs - nowMs : undefined
}

/**
 * By the Date header, which has whole seconds. Half a second is the mean of the part that it lacks. Undefined for text that is no
 * HTTP date (RFC 9110 section 5.6.7); Date.parse reads a time from a header such as `0`.
 */
function skewByHeader(date: string | null, nowMs: number): number | undefined {
  const dateMs = Date.parse(date ?? '')
  return date === new Date(dateMs).toUTCString() && dateMs > 0 ? dateMs + 500 - nowMs : undefined
}
