import type {
  ConnectedBody,
  ErrorBody,
  HowToDie,
  Pool,
  RecoverBody,
  Session,
} from '@warm-pods/core/api/contracts.ts'
import { createRequestLog, type RequestLog } from '../lib/request-log.ts'
import type { Secrets } from './secret.ts'

/** What became of a call. A fault is the API's typed refusal; unreachable: nothing that speaks this API answered. */
export type Answer<T> =
  | { readonly is: 'ok'; readonly value: T }
  | { readonly is: 'error'; readonly error: ErrorBody['error'] }
  | { readonly is: 'unreachable' }

export interface Api {
  claim(signal?: AbortSignal): Promise<Answer<Session>>
  read(id: string, signal?: AbortSignal): Promise<Answer<Session>>
  extend(id: string): Promise<Answer<Session>>
  connected(id: string, body: ConnectedBody): Promise<Answer<null>>
  recover(id: string, body: RecoverBody, signal?: AbortSignal): Promise<Answer<Session>>
  kill(id: string, how: HowToDie, epoch: number): Promise<Answer<Session>>
  release(id: string): Promise<Answer<null>>
  pool(signal?: AbortSignal): Promise<Answer<Pool>>
  /** The API's clock minus this browser's, ms, to about a second; 0 until an answer with a readable Date came. */
  skewMs(): number
  /** When the API last answered, ms since 1970; undefined: never. */
  lastWorkedMs(): number | undefined
  /** Where a socket url of the API leads: absolute ones as they are, paths on the API's origin, as ws or wss. */
  socketUrl(url: string): string
  /** The last answers, word for word; a simulation, which asks nobody, has none. */
  readonly requestLog?: RequestLog
}

/** API Gateway gives up at 30 s; a visitor long before that. */
const TIMEOUT_MS = 10_000

/** @param base URL of the API without a slash at its end, e.g. `/api`. @param pageUrl what a relative base is relative to. */
export function createApi(
  base: string,
  pageUrl: string,
  secrets: Secrets,
  fetcher: typeof fetch = fetch,
): Api {
  const root = new URL(base, pageUrl).href
  const requestLog = createRequestLog(fetcher)
  let skewMs = 0
  let lastWorkedMs: number | undefined

  const call = async <T>(method: string, path: string, options: CallOptions = {}): Promise<Answer<T>> => {
    const headers: Record<string, string> = {}
    if (options.secret !== false) headers.authorization = `Bearer ${secrets.current()}`
    if (options.body !== undefined) headers['content-type'] = 'application/json'
    const timeout = AbortSignal.timeout(TIMEOUT_MS)
    try {
      const response = await requestLog.fetch(root + path, {
        method,
        headers,
        ...(options.body === undefined ? {} : { body: JSON.stringify(options.body) }),
        signal: options.signal ? AbortSignal.any([options.signal, timeout]) : timeout,
        keepalive: options.keepalive ?? false,
        cache: 'no-store',
      })
      const answer = await readAnswer<T>(response)
      if (answer.is !== 'unreachable') lastWorkedMs = Date.now()
      const date = Date.parse(response.headers.get('date') ?? '')
      // The header is cut to whole seconds: half a second is the best guess of what was cut.
      if (!Number.isNaN(date)) skewMs = date + 500 - Date.now()
      return answer
    } catch {
      return { is: 'unreachable' }
    }
  }
  const at = (id: string, rest = '') => `/session/${encodeURIComponent(id)}${rest}`

  return {
    claim: (signal) => call('POST', '/session', withSignal(signal, { body: {} })),
    read: (id, signal) => call('GET', at(id), withSignal(signal)),
    extend: (id) => call('POST', at(id, '/extend'), { body: {} }),
    connected: (id, body) => call('POST', at(id, '/connected'), { body }),
    recover: (id, body, signal) => call('POST', at(id, '/recover'), withSignal(signal, { body })),
    kill: (id, how, epoch) => call('DELETE', at(id, `/pod?how=${how}&epoch=${epoch}`), { keepalive: true }),
    release: (id) => call('DELETE', at(id), { keepalive: true }),
    pool: (signal) => call('GET', '/pool', withSignal(signal, { secret: false })),
    requestLog,
    skewMs: () => skewMs,
    lastWorkedMs: () => lastWorkedMs,
    socketUrl: (url) => {
      const absolute = new URL(url, root)
      if (absolute.protocol === 'http:') absolute.protocol = 'ws:'
      if (absolute.protocol === 'https:') absolute.protocol = 'wss:'
      return absolute.href
    },
  }
}

interface CallOptions {
  readonly body?: unknown
  readonly secret?: boolean
  readonly signal?: AbortSignal
  readonly keepalive?: boolean
}

function withSignal(signal: AbortSignal | undefined, options: CallOptions = {}): CallOptions {
  return signal ? { ...options, signal } : options
}

/**
 * Reads a response. The API checks its own answers against the schemas, so the page looks only at what tells the API
 * from something else at its address (a proxy's error page, a sign-in form): the whole check would double the code
 * that stands before the first paint.
 */
async function readAnswer<T>(response: Response): Promise<Answer<T>> {
  if (response.status === 204) return { is: 'ok', value: null as T }
  const body: unknown = await response.json()
  if (response.ok)
    return typeof body === 'object' && body !== null ? { is: 'ok', value: body as T } : { is: 'unreachable' }
  return isErrorBody(body) ? { is: 'error', error: body.error } : { is: 'unreachable' }
}

function isErrorBody(body: unknown): body is ErrorBody {
  if (typeof body !== 'object' || body === null || !('error' in body)) return false
  const { error } = body
  return (
    typeof error === 'object' &&
    error !== null &&
    'code' in error &&
    typeof error.code === 'string' &&
    'message' in error &&
    typeof error.message === 'string'
  )
}
