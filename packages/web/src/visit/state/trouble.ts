import { backoffMs } from './backoff.ts'

/**
 * Counts of recent failures. A socket that held for {@link STEADY_MS} clears them, and nothing else clears the first four.
 * So progress of another kind, such as a cold start, does not begin a back-off anew.
 */
export interface Trouble {
  /** Sockets to an answering pod that were cut. */
  readonly cuts: number
  /** Pods and sessions that the visitor lost without a kill. */
  readonly lost: number
  /** Answers of the API that it has no room for another pod. */
  readonly waits: number
  /** How often the page stopped trying, until the API answered its poll of the pool. */
  readonly failed: number
  /** Pods in a row that never answered. A pong clears it. */
  readonly unanswered: number
  /** The page gave a pod up although the API could not check it. A pong clears it. */
  readonly guessed: boolean
  /** The message of the API's last error that the page retries after. A pong clears it. */
  readonly refusal: string | undefined
  /** How often the page found the network blocked. A pong clears it. */
  readonly blocked: number
}

export const NO_TROUBLE: Trouble = {
  cuts: 0,
  lost: 0,
  waits: 0,
  failed: 0,
  unanswered: 0,
  guessed: false,
  refusal: undefined,
  blocked: 0,
}

/** A socket that is cut after a shorter time counts with the cuts before it. */
export const STEADY_MS = 30_000

/** Returns a pause for the `count`th event of a kind, ms. The first needs none. @param random 0..1. */
export function pauseMs(count: number, random: number): number {
  return count > 1 ? backoffMs(count - 1, random) : 0
}
