/**
 * The claim and the worker that the script in index.html started before the page's own script had loaded. A distant visitor
 * saves the time of one download: the claim's answer and the script arrive together.
 */
interface HeadStart {
  /** URL of the claim. */
  readonly url: string
  /** The secret of the claim, which is in sessionStorage too. */
  readonly secret: string
  /** Time of the request, ms of the page's clock. */
  readonly atMs: number
  readonly response: Promise<Response>
  /** The first pong, or two seconds. */
  readonly socketFirst: Promise<unknown>
  /** The measuring worker; undefined when its script did not load. */
  readonly worker?: Worker
}

declare global {
  interface Window {
    headStart?: HeadStart
  }
}

export interface TakenHeadStart {
  /** Time at which the pod was requested, ms of the page's clock; undefined when nothing was requested early. */
  readonly askedMs: number | undefined
  /** `fetch` that answers the first claim with the response to the early one, which has a time limit of its own. */
  readonly fetch: typeof fetch
  /** Returns the worker at its first call; undefined when the caller must start one. */
  worker(): Worker | undefined
}

/** Takes over what index.html has started. Only the first call gets it. @param secret the visitor's present secret. */
export function takeHeadStart(
  secret: string,
  fetcher: typeof fetch = (...asked) => fetch(...asked),
): TakenHeadStart {
  const { headStart } = window
  delete window.headStart
  let claim = headStart?.secret === secret ? headStart : undefined
  let worker = headStart?.worker
  return {
    askedMs: claim?.atMs,
    fetch: async (input, init) => {
      if (!claim || claim.url !== String(input) || init?.method !== 'POST') return fetcher(input, init)
      const { response } = claim
      claim = undefined
      return response
    },
    worker: () => {
      const taken = worker
      worker = undefined
      return taken
    },
  }
}
