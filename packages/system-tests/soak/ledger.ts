/** Records the requests and responses of the load, to compare them with the system's state afterwards. */
import type { Pod } from '@warm-pods/core/api/contracts.ts'
import { API_ERRORS } from '@warm-pods/core/api/errors.ts'

/** A change that the API has acknowledged. The audit must contain it. */
export interface Acknowledged {
  readonly sessionId: string
  readonly kind: 'claimed' | 'requested' | 'connected' | 'killed' | 'replaced' | 'extended' | 'ended'
  readonly epoch?: number
}

export class Ledger {
  requests = 0
  readonly outcomes = new Map<string, number>()
  readonly acknowledged: Acknowledged[] = []
  readonly findings: string[] = []
  pings = 0
  pongs = 0
  visitors = 0
  sockets = 0
  socketsAtOnce = 0
  /** When a process that the API needs was last killed, monotonic ms. Requests may fail until it has restarted. */
  lastKillMs = Number.NEGATIVE_INFINITY
  readonly #ownerOf = new Map<string, string>()

  /** Records an error of the system. */
  addFinding(text: string): void {
    this.findings.push(text)
  }

  /** Counts the outcome of a request. Untyped errors, and 5xx other than 503, are findings. */
  outcome(operation: string, status: number, code: string | undefined): void {
    const name = status < 300 ? String(status) : `${status} ${code ?? 'untyped'}`
    this.count(operation, name)
    const isTyped = code !== undefined && code in API_ERRORS
    if (status >= 500 && (status !== 503 || !isTyped)) this.addFinding(`${operation} failed with ${name}`)
    if (status >= 400 && !isTyped) this.addFinding(`${operation} failed without a known error code: ${name}`)
  }

  /** Counts a request without a response. It is a finding unless a process was killed just before. */
  unanswered(operation: string, why: string): void {
    this.count(operation, 'no answer')
    if (performance.now() - this.lastKillMs > UNREACHABLE_MS)
      this.addFinding(
        `${operation} got no response (${why}), and no process had been killed for ${UNREACHABLE_MS / 1_000} s`,
      )
  }

  count(operation: string, name: string): void {
    const key = `${operation} ${name}`
    this.outcomes.set(key, (this.outcomes.get(key) ?? 0) + 1)
  }

  /** Records the pod of a session. A pod of two sessions is a finding, because a pod serves one session in its life. */
  recordPod(sessionId: string, pod: Pod | undefined): void {
    if (!pod) return
    const owner = this.#ownerOf.get(pod.uid)
    if (owner !== undefined && owner !== sessionId)
      this.addFinding(`Pod ${pod.name} was given to two sessions`)
    this.#ownerOf.set(pod.uid, sessionId)
  }
}

/** A killed service restarts within two seconds; on a busy machine it takes longer. */
const UNREACHABLE_MS = 20_000
