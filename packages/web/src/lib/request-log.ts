import { nowMs } from './clock.ts'
import { createStore, type Readable } from './create-store.ts'

/** One request to the API and its answer, verbatim except for tokens. */
export interface Exchange {
  readonly id: number
  /** `POST /api/session`; of a form its operation too: `POST /session (recover)`. */
  readonly call: string
  /** HTTP status; undefined when nothing answered. */
  readonly status: number | undefined
  readonly ms: number
  /** ms since 1970. */
  readonly at: number
  readonly body: string
}

/** The last exchanges, newest first. */
export interface RequestLog extends Readable<readonly Exchange[]> {
  /** `fetch`, with each exchange recorded. */
  readonly fetch: typeof fetch
}

const KEPT = 8

/** Records the last 8 exchanges through `fetcher`; of repeated reads only the newest. */
export function createRequestLog(fetcher: typeof fetch = (...asked) => fetch(...asked)): RequestLog {
  const { subscribe, snapshot, set } = createStore<readonly Exchange[]>([])
  let made = 0
  const keep = (exchange: Exchange) => {
    const others = snapshot().filter(({ call }) => !isPolled(call) || call !== exchange.call)
    set([exchange, ...others].slice(0, KEPT))
  }
  return {
    async fetch(input, init) {
      const fromMs = nowMs()
      const { pathname, search } = new URL(String(input))
      const operation = init?.body instanceof URLSearchParams ? ` (${init.body.get('operation')})` : ''
      const call = `${init?.method ?? 'GET'} ${pathname}${search}${operation}`
      const asked = { id: made++, call, at: Date.now() }
      try {
        const response = await fetcher(input, init)
        // The body is read here and passed on: the page may abort its own reading as soon as it has the answer.
        const body = await response.text()
        keep({ ...asked, status: response.status, ms: nowMs() - fromMs, body: redacted(body) })
        const { status, headers } = response
        return new Response(body === '' ? null : body, { status, headers })
      } catch (error) {
        if (!init?.signal?.aborted) keep({ ...asked, status: undefined, ms: nowMs() - fromMs, body: '' })
        throw error
      }
    },
    subscribe,
    snapshot,
  }
}

function isPolled(call: string): boolean {
  return call.startsWith('GET ') || call.endsWith(' (read)')
}

/** Removes the pod's token, which would let another client connect. No answer contains the visitor's secret. */
export function redacted(body: string): string {
  return body.replace(/"token\.[^"]*"/g, '"token.…"')
}
