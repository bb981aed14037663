import { ApiClock } from '@warm-pods/core/api/api-clock.ts'
import type { ErrorBody, HowToDie } from '@warm-pods/core/api/contracts.ts'
import { FORM_PATH, type FormOperation, isFormOperation, toForm } from '@warm-pods/core/api/form.ts'
import type { RequestOf, ResultOf } from '@warm-pods/core/api/operations.ts'
import { type OperationName, ROUTES } from '@warm-pods/core/api/routes.ts'
import { createRequestLog, type RequestLog } from '../lib/request-log.ts'
import { EXPECTED, isErrorBody } from './expected.ts'
import type { Secrets } from './secret.ts'

/**
 * How a request ended. `error` is an error of the API; `unreachable` means that no API answered. `foreign`: something else
 * did, such as a proxy's page or another version of the API.
 */
export type Answer<T> =
  | { readonly is: 'ok'; readonly value: T }
  | { readonly is: 'error'; readonly error: ErrorBody['error'] }
  | { readonly is: 'unreachable'; readonly foreign?: true }

type AnswerOf<Name extends OperationName> = Promise<Answer<ResultOf<Name>>>

export interface Api {
  claim(signal?: AbortSignal): AnswerOf<'claim'>
  read(id: string, signal?: AbortSignal): AnswerOf<'read'>
  extend(id: string): AnswerOf<'extend'>
  connected(id: string, body: RequestOf<'connected'>['body']): AnswerOf<'connected'>
  recover(id: string, body: RequestOf<'recover'>['body'], signal?: AbortSignal): AnswerOf<'recover'>
  reach(id: string, signal?: AbortSignal): AnswerOf<'reach'>
  kill(id: string, how: HowToDie, epoch: number): AnswerOf<'kill'>
  release(id: string): AnswerOf<'release'>
  pool(signal?: AbortSignal): AnswerOf<'pool'>
  /** The API's clock minus this browser's, in ms, by an `ApiClock`. */
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
  // A bare origin gets a slash as its path, which every operation's path begins with.
  const root = new URL(base, pageUrl).href.replace(/\/$/, '')
  // Another origin gets forms, which need no CORS preflight.
  const isElsewhere = new URL(root).origin !== new URL(pageUrl).origin
  const requestLog = createRequestLog(fetcher)
  const clock = new ApiClock()
  let lastWorkedMs: number | undefined

  const send = async <Name extends OperationName>(
    name: Name,
    request: RequestOf<Name> & SendOptions,
  ): AnswerOf<Name> => {
    const { signal, keepalive = false }: SendOptions = request
    const timeout = AbortSignal.timeout(TIMEOUT_MS)
    try {
      const { url, init } =
        isElsewhere && isFormOperation(name)
          ? asForm(name, request, secrets.current())
          : asJson(name, request, secrets)
      const response = await requestLog.fetch(root + url, {
        ...init,
        signal: signal ? AbortSignal.any([signal, timeout]) : timeout,
        keepalive,
        cache: 'no-store',
      })
      const answer = await readAnswer<ResultOf<Name>>(response, EXPECTED[name])
      if (answer.is === 'unreachable') return answer
      lastWorkedMs = Date.now()
      clock.learn(response.headers.get('date'), answer.is === 'ok' ? answer.value : undefined, lastWorkedMs)
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
    reach: (id, signal) => send('reach', { id, signal }),
    kill: (id, how, epoch) => send('kill', { id, query: { how, epoch: `${epoch}` }, keepalive: true }),
    release: (id) => send('release', { id, keepalive: true }),
    pool: (signal) => send('pool', { signal }),
    requestLog,
    skewMs: () => clock.skewMs,
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

interface Encoded {
  /** Path and query. */
  readonly url: string
  readonly init: RequestInit
}

/** The request with the secret in the Authorization header. */
function asJson(name: OperationName, { id = '', body, query }: AnyRequest, secrets: Secrets): Encoded {
  const { method, path, auth } = ROUTES[name]
  const headers: Record<string, string> = {}
  if (auth === 'visitor') headers.authorization = `Bearer ${secrets.current()}`
  if (body !== undefined) headers['content-type'] = 'application/json'
  return {
    url: path.replace('{id}', encodeURIComponent(id)) + (query ? `?${new URLSearchParams(query)}` : ''),
    init: { method, headers, ...(body === undefined ? {} : { body: JSON.stringify(body) }) },
  }
}

function asForm(operation: FormOperation, { id, body, query }: AnyRequest, secret: string): Encoded {
  return { url: FORM_PATH, init: { method: 'POST', body: toForm({ operation, secret, id, body, query }) } }
}

/** Ignores a body that is not JSON. @throws the error of a connection that broke within the body. */
function unlessBroken(error: unknown): undefined {
  if (!(error instanceof SyntaxError)) throw error
}

const FOREIGN = { is: 'unreachable', foreign: true } as const

/**
 * Reads a response. An error page with a status of 500 or more counts as no answer, because its proxy did not reach the
 * API. Every other body that is not the API's is foreign.
 */
async function readAnswer<T>(
  response: Response,
  isExpected: (value: unknown) => boolean = () => true,
): Promise<Answer<T>> {
  const body: unknown = response.status === 204 ? null : await response.json().catch(unlessBroken)
  if (response.ok && body !== undefined) return isExpected(body) ? { is: 'ok', value: body as T } : FOREIGN
  if (isErrorBody(body)) return { is: 'error', error: body.error }
  return response.status < 500 ? FOREIGN : { is: 'unreachable' }
}
