/** The visitor that makes a request. */
export interface Caller {
  readonly sessionId: string
  /** IP address. */
  readonly address: string
  /** API Gateway's id of the request. */
  readonly requestId: string
}
