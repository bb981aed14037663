import { nowMs } from './clock.ts'

/** One question to the API and its answer, word for word but for tokens. */
export interface Exchange {
  readonly id: number
  /** `POST /api/session` */
  readonly call: string
  /** undefined: nothing answered. */
  readonly status: number | undefined
  readonly ms: number
  /** ms since 1970. */
  readonly at: number
  readonly body: string
}

export interface RequestLog {
  readonly fetch: typeof fetch
  subscribe(listener: () => void): () => void
  /** Newest first. */
  snapshot(): readonly Exchange[]
}

const KEPT = 8

/** Remembers the last answers that came through `fetcher`, of those that are polled only the last. */
export function createRequestLog(fetcher: typeof fetch = (...asked) => fetch(...asked)): RequestLog {
  const listeners = new Set<() => void>()
  let exchanges: readonly Exchange[] = []
  let made = 0
  const keep = (exchange: Exchange) => {
    const others = exchanges.filter(({ call }) => !isPolled(call) || call !== exchange.call)
    exchanges = [exchange, ...others].slice(0, KEPT)
    for (const listener of listeners) listener()
  }
  return {
    async fetch(input, init) {
      const fromMs = nowMs()
      const { pathname, search } = new URL(String(input))
      const asked = { id: made++, call: `${init?.method ?? 'GET'} ${pathname}${search}`, at: Date.now() }
      try {
        const response = await fetcher(input, init)
        // Read here and handed on as it was: the page's own reading may be cut short by what it makes the page do.
        const body = await response.text()
        keep({ ...asked, status: response.status, ms: nowMs() - fromMs, body: redacted(body) })
        const { status, headers } = response
        return new Response(body === '' ? null : body, { status, headers })
      } catch (error) {
        if (!init?.signal?.aborted) keep({ ...asked, status: undefined, ms: nowMs() - fromMs, body: '' })
        throw error
      }
    },
    subscribe(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    snapshot: () => exchanges,
  }
}

function isPolled(call: string): boolean {
  return call.startsWith('GET ')
}

/** Without what lets somebody else connect: the token for the pod. The secret is in no answer. */
export function redacted(body: string): string {
  return body.replace(/"token\.[^"]*"/g, '"token.…"')
}
