/** What was asked and what was answered: the system’s word, to hold it to afterwards. */
import type { Pod } from '@warm-pods/core/api/contracts.ts'
import { API_ERRORS } from '@warm-pods/core/api/errors.ts'

/** Something the API has acknowledged, and the audit must therefore know. */
export interface Acknowledged {
  readonly sessionId: string
  readonly kind: 'claimed' | 'requested' | 'connected' | 'killed' | 'replaced' | 'extended' | 'ended'
  readonly epoch?: number
}

export class Ledger {
  asked = 0
  readonly outcomes = new Map<string, number>()
  readonly acknowledged: Acknowledged[] = []
  readonly findings: string[] = []
  pings = 0
  pongs = 0
  visitors = 0
  sockets = 0
  socketsAtOnce = 0
  /** When something the API needs was last killed, on the monotonic clock: until it is back a call may find nobody. */
  lastKillMs = Number.NEGATIVE_INFINITY
  readonly #ownerOf = new Map<string, string>()

  find(what: string): void {
    this.findings.push(what)
  }

  /** Counts the outcome of one request, and finds fault with those that no caller may ever see. */
  outcome(operation: string, status: number, code: string | undefined): void {
    const name = status < 300 ? String(status) : `${status} ${code ?? 'untyped'}`
    this.count(operation, name)
    const isTyped = code !== undefined && code in API_ERRORS
    if (status >= 500 && (status !== 503 || !isTyped)) this.find(`${operation} was answered ${name}`)
    if (status >= 400 && !isTyped) this.find(`${operation} was refused without a code of the table: ${name}`)
  }

  /** A request that met nobody, or lost the connection it was on. */
  unanswered(operation: string, why: string): void {
    this.count(operation, 'no answer')
    if (performance.now() - this.lastKillMs > UNREACHABLE_MS)
      this.find(
        `${operation} met nobody (${why}), and nothing had been killed for ${UNREACHABLE_MS / 1_000} s`,
      )
  }

  count(operation: string, name: string): void {
    const key = `${operation} ${name}`
    this.outcomes.set(key, (this.outcomes.get(key) ?? 0) + 1)
  }

  /** A session was told of a pod: for good, since a pod serves one session in its life. */
  told(sessionId: string, pod: Pod | undefined): void {
    if (!pod) return
    const owner = this.#ownerOf.get(pod.uid)
    if (owner !== undefined && owner !== sessionId) this.find(`Pod ${pod.name} was given to two sessions`)
    this.#ownerOf.set(pod.uid, sessionId)
  }
}

/** A part that was killed is back within a second or two; on a busy machine it takes longer. */
const UNREACHABLE_MS = 20_000
