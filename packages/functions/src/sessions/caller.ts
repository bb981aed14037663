/** The visitor that makes a request. */
export interface Caller {
  readonly sessionId: string
  /** IP address. */
  readonly address: string
}
