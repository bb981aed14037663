/** Invariant 17: checks how many pods a visitor uses. */
import type { Checker } from './violations.ts'

const WINDOW_MS = 60_000
/** The first pod of the session, and one pod that the page gives up on a guess. */
const PODS_MAX = 2

interface Use {
  readonly podOfEpoch: Map<number, string>
  readonly pods: Set<string>
  /** The newest pod. */
  last: string | undefined
  /** When the session got a pod without need, virtual ms. */
  takenMs: number[]
}

/**
 * Counts the pods of each session that replace a living pod. A pod counts as lost when it is dead, or when the visitor has killed
 * it. It also counts as lost when the gateway got no answer from it, even by an injected fault.
 */
export class VisitorRules {
  readonly #options: { checker: Checker; nowMs: () => number; isDead: (uid: string) => boolean }
  readonly #uses = new Map<string, Use>()
  /** Pods that their visitor has killed, and pods that gave the gateway no answer. */
  readonly #lost = new Set<string>()
  /** Living pods that a page has asked to replace. */
  readonly #givenUp = new Set<string>()

  constructor(options: { checker: Checker; nowMs: () => number; isDead: (uid: string) => boolean }) {
    this.#options = options
  }

  /** A response shows the pod of a session. */
  shown(sessionId: string, epoch: number, uid: string): void {
    const { checker, nowMs } = this.#options
    const use = this.#useOf(sessionId)
    // A session that heals may go back to its pod.
    if (use.pods.has(uid) && use.podOfEpoch.get(epoch) !== uid) this.#givenUp.delete(uid)
    use.podOfEpoch.set(epoch, uid)
    if (use.pods.has(uid)) return
    use.pods.add(uid)
    const before = use.last
    use.last = uid
    if (before !== undefined && !this.#givenUp.has(before)) return
    use.takenMs = [...use.takenMs.filter((atMs) => atMs > nowMs() - WINDOW_MS), nowMs()]
    const count = use.takenMs.length
    checker.check(
      count <= PODS_MAX,
      17,
      () => `A visitor got ${count} pods within a minute without need.`,
      sessionId,
      ...use.pods,
    )
  }

  /** The page asks for a pod in place of the pod of an epoch. */
  recovers(sessionId: string, epoch: number): void {
    const uid = this.#useOf(sessionId).podOfEpoch.get(epoch)
    if (uid !== undefined && !this.#lost.has(uid) && !this.#options.isDead(uid)) this.#givenUp.add(uid)
  }

  /** The visitor kills the pod of an epoch (default: the newest), or asks for another pod without a reason. */
  kills(sessionId: string, epoch?: number): void {
    const { podOfEpoch, last } = this.#useOf(sessionId)
    const uid = (epoch === undefined ? undefined : podOfEpoch.get(epoch)) ?? last
    if (uid === undefined) return
    this.#lost.add(uid)
    this.#givenUp.delete(uid)
  }

  /** A handshake of the gateway with a pod got no answer. */
  unanswered(uid: string): void {
    this.#lost.add(uid)
  }

  #useOf(sessionId: string): Use {
    const known = this.#uses.get(sessionId)
    if (known) return known
    const use: Use = { podOfEpoch: new Map(), pods: new Set(), last: undefined, takenMs: [] }
    this.#uses.set(sessionId, use)
    return use
  }
}
