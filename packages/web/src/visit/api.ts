import type { ErrorBody, HowToDie } from '@warm-pods/core/api/contracts.ts'
import type { RequestOf, ResultOf } from '@warm-pods/core/api/operations.ts'
import { type OperationName, ROUTES } from '@warm-pods/core/api/routes.ts'
import { createRequestLog, type RequestLog } from '../lib/request-log.ts'
import type { Secrets } from './secret.ts'

/** How a request ended. `error` is an error of the API; `unreachable` means that no API answered. */
export type Answer<T> =
  | { readonly is: 'ok'; readonly value: T }
  | { readonly is: 'error'; readonly error: ErrorBody['error'] }
  | { readonly is: 'unreachable' }

type AnswerOf<Name extends OperationName> = Promise<Answer<ResultOf<Name>>>

export interface Api {
  claim(signal?: AbortSignal): AnswerOf<'claim'>
  read(id: string, signal?: AbortSignal): AnswerOf<'read'>
  extend(id: string): AnswerOf<'extend'>
  connected(id: string, body: RequestOf<'connected'>['body']): AnswerOf<'connected'>
  recover(id: string, body: RequestOf<'recover'>['body'], signal?: AbortSignal): AnswerOf<'recover'>
  kill(id: string, how: HowToDie, epoch: number): AnswerOf<'kill'>
  release(id: string): AnswerOf<'release'>
  pool(signal?: AbortSignal): AnswerOf<'pool'>
  /** The API's clock minus this browser's, in ms, to about a second; 0 before the first response with a Date header. */
  skewMs(): number
  /** Time of the API's last response, ms since 1970; undefined before the first. */
  lastWorkedMs(): number | undefined
  /** Returns the absolute ws or wss URL of a session's `socket.url`. A path is relative to the API's origin. */
  socketUrl(url: string): string
  /** The last requests and responses; undefined in a simulation, which sends none. */
  readonly requestLog?: RequestLog
}

/** Shorter than the 30 s of API Gateway, because no visitor waits that long. */
const TIMEOUT_MS = 10_000

/**
 * The client of the API.
 * @param base URL of the API without a slash at its end, such as `/api`.
 * @param pageUrl URL of the page, to which a relative `base` is relative.
 */
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

  const send = async <Name extends OperationName>(
    name: Name,
    request: RequestOf<Name> & SendOptions,
  ): AnswerOf<Name> => {
    const { method, path, auth } = ROUTES[name]
    const { id = '', body, query, signal, keepalive = false }: AnyRequest = request
    const headers: Record<string, string> = {}
    if (auth === 'visitor') headers.authorization = `Bearer ${secrets.current()}`
    if (body !== undefined) headers['content-type'] = 'application/json'
    const search = query ? `?${new URLSearchParams(query)}` : ''
    const timeout = AbortSignal.timeout(TIMEOUT_MS)
    try {
      const response = await requestLog.fetch(root + path.replace('{id}', encodeURIComponent(id)) + search, {
        method,
        headers,
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
        signal: signal ? AbortSignal.any([signal, timeout]) : timeout,
        keepalive,
        cache: 'no-store',
      })
      const answer = await readAnswer<ResultOf<Name>>(response)
      if (answer.is !== 'unreachable') lastWorkedMs = Date.now()
      const date = Date.parse(response.headers.get('date') ?? '')
      // The header has whole seconds. Half a second is the mean of the part that it lacks.
      if (!Number.isNaN(date)) skewMs = date + 500 - Date.now()
      return answer
    } catch {
      return { is: 'unreachable' }
    }
  }

  return {
    claim: (signal) => send('claim', { body: {}, signal }),
    read: (id, signal) => send('read', { id, signal }),
    extend: (id) => send('extend', { id, body: {} }),
    connected: (id, body) => send('connected', { id, body }),
    recover: (id, body, signal) => send('recover', { id, body, signal }),
    kill: (id, how, epoch) => send('kill', { id, query: { how, epoch: `${epoch}` }, keepalive: true }),
    release: (id) => send('release', { id, keepalive: true }),
    pool: (signal) => send('pool', { signal }),
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

interface SendOptions {
  readonly signal?: AbortSignal | undefined
  /** The request outlives the page. */
  readonly keepalive?: boolean
}

/** Any operation's request, as the sender reads it. */
interface AnyRequest extends SendOptions {
  readonly id?: string
  readonly body?: unknown
  readonly query?: Record<string, string>
}

/**
 * Reads a response. It only checks that the API sent it, and not a proxy or a sign-in form. The schemas would double the
 * script before the first paint, and the API's tests already check its bodies against them.
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
