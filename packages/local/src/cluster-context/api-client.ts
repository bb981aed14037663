/** An HTTP client for an API server, with the address and credentials of the user's kubeconfig and kept connections. */
import { createHash } from 'node:crypto'
import {
  Agent as HttpAgent,
  type IncomingMessage,
  type RequestOptions,
  request as requestHttp,
} from 'node:http'
import {
  Agent as HttpsAgent,
  request as requestHttps,
  type RequestOptions as SecureOptions,
} from 'node:https'
import type { KubeConfig } from '@kubernetes/client-node'
import { wholeMs } from '@warm-pods/core/time.ts'
import { firstLine } from './kubeconfig-files.ts'

/**
 * The identity of a request. `none`: the user's own. `provisioner`: the group of k8s/overlays/local, by impersonation. The
 * group has only the rights that Warm Pods needs.
 */
export type Impersonation = 'none' | 'provisioner'

/** https://kubernetes.io/docs/reference/access-authn-authz/authentication/#user-impersonation */
const PROVISIONER = {
  'Impersonate-User': 'warm-pods-on-one-machine',
  'Impersonate-Group': 'warm-pods:provisioner',
} as const

const KEEP_ALIVE = { keepAlive: true, keepAliveMsecs: 30_000 } as const

export interface ApiRequest {
  readonly method: string
  /** Path and query, as sent. */
  readonly path: string
  readonly headers?: Record<string, string | string[]>
  readonly body?: Buffer
  readonly impersonation: Impersonation
  readonly signal?: AbortSignal
}

export interface ApiResponse {
  readonly status: number
  /** Empty when the response is not a JSON object. */
  readonly body: Record<string, unknown>
  readonly text: string
}

export interface ApiClient {
  /** The URL of the API server. */
  readonly server: string
  /**
   * Sends a request and resolves with the response's head.
   * @throws the network error when the server cannot be reached, or the error of a login plugin.
   */
  send(request: ApiRequest): Promise<IncomingMessage>
  /** @returns the options for a request that the caller makes with node:http itself, such as an upgrade. */
  requestOptions(impersonation: Impersonation): Promise<RequestOptions & SecureOptions>
  /**
   * Sends JSON and reads the whole response.
   * @param options `impersonation`: default `none`. `timeoutMs`: default 10,000.
   * @throws as `send`; an `AbortError` after the timeout.
   */
  call(
    method: string,
    path: string,
    options?: { body?: unknown; impersonation?: Impersonation; timeoutMs?: number },
  ): Promise<ApiResponse>
  close(): void
}

/**
 * @param config with its context selected. It handles token files, login plugins (`exec`) and their expiry. The client asks
 *   it before every request; it runs a plugin only when the plugin's last credentials have expired.
 */
export function createApiClient(config: KubeConfig): ApiClient {
  const { server = '' } = config.getCurrentCluster() ?? {}
  const base = new URL(server)
  const secure = base.protocol === 'https:'
  /** One agent for each set of certificates, because the library's own agent opens a connection for every call. */
  const agents = new Map<string, HttpAgent>()

  async function requestOptions(impersonation: Impersonation): Promise<RequestOptions & SecureOptions> {
    const given: SecureOptions = {}
    await config.applyToHTTPSOptions(given)
    const { agent, headers, ...tls } = given
    return {
      ...tls,
      agent: isPlain(agent) ? keepAliveAgent(tls) : agent,
      host: base.hostname.replace(/^\[|\]$/g, ''),
      port: base.port || (secure ? 443 : 80),
      headers: {
        ...(headers as Record<string, string>),
        ...(impersonation === 'provisioner' ? PROVISIONER : {}),
      },
    }
  }

  function keepAliveAgent(tls: SecureOptions): HttpAgent {
    const { ca, cert, key, passphrase, pfx, rejectUnauthorized = true, servername } = tls
    const tlsOptions = { ca, cert, key, passphrase, pfx, rejectUnauthorized, servername }
    const hash = createHash('sha256')
      .update(JSON.stringify([String(ca), String(cert), String(key)]))
      .digest('hex')
    const agent =
      agents.get(hash) ??
      (secure
        ? new HttpsAgent({ ...KEEP_ALIVE, ...withoutUndefined(tlsOptions) })
        : new HttpAgent(KEEP_ALIVE))
    agents.set(hash, agent)
    return agent
  }

  async function send(apiRequest: ApiRequest, isRetry = false): Promise<IncomingMessage> {
    const options = await requestOptions(apiRequest.impersonation)
    const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>()
    const request = (secure ? requestHttps : requestHttp)({
      ...options,
      method: apiRequest.method,
      path: prefixed(apiRequest.path),
      headers: {
        ...apiRequest.headers,
        ...(options.headers as Record<string, string>),
        // Node sends the body of a DELETE without a length by default. The server would read it as the next request.
        ...(apiRequest.body === undefined ? {} : { 'content-length': String(apiRequest.body.length) }),
      },
      ...(apiRequest.signal ? { signal: apiRequest.signal } : {}),
    })
    request.once('response', resolve)
    request.once('error', (error) => {
      // The server was closing the kept connection and sent no response. Retry once on a new connection.
      const isStale = request.reusedSocket && 'code' in error && error.code === 'ECONNRESET'
      if (isStale && !isRetry && !apiRequest.signal?.aborted) resolve(send(apiRequest, true))
      else reject(error)
    })
    request.end(apiRequest.body)
    return promise
  }

  /** The address of a cluster behind a proxy can have a path. */
  function prefixed(path: string): string {
    return base.pathname === '/' ? path : base.pathname.replace(/\/$/, '') + path
  }

  return {
    server,
    send,
    requestOptions,
    async call(method, path, { body, impersonation = 'none', timeoutMs = 10_000 } = {}) {
      const response = await send({
        method,
        path,
        impersonation,
        headers: {
          accept: 'application/json',
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        },
        ...(body === undefined ? {} : { body: Buffer.from(JSON.stringify(body)) }),
        signal: AbortSignal.timeout(wholeMs(timeoutMs)),
      })
      const chunks: Buffer[] = []
      for await (const chunk of response) chunks.push(chunk)
      const text = Buffer.concat(chunks).toString()
      return { status: response.statusCode ?? 0, text, body: parse(text) }
    },
    close() {
      for (const agent of agents.values()) agent.destroy()
    },
  }
}

/** An agent treats an undefined option as a value. */
function withoutUndefined<T extends object>(options: T): { [K in keyof T]: NonNullable<T[K]> } {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]: NonNullable<T[K]>
  }
}

function isPlain(agent: unknown): boolean {
  return (
    agent === undefined ||
    (agent as object).constructor === HttpsAgent ||
    (agent as object).constructor === HttpAgent
  )
}

function parse(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {}
  } catch {
    return {}
  }
}

/** @returns why a request got no response, for a person, without a full stop. */
export function describeNetworkError(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? String(error.code) : ''
  if (error instanceof Error && error.name === 'AbortError') return 'it did not answer within ten seconds'
  const known: Record<string, string> = {
    ECONNREFUSED: 'nothing listens there',
    ENOTFOUND: 'its host name is unknown',
    EHOSTUNREACH: 'there is no route to it',
    ENETUNREACH: 'there is no route to it',
    ETIMEDOUT: 'it did not answer',
    ECONNRESET: 'it closed the connection',
    ENOENT: 'the login program of the kubeconfig is not installed',
  }
  return known[code] ?? firstLine(error)
}

/** @returns the status and message of an error response, without a full stop. */
export function statusText({ body, status, text }: ApiResponse): string {
  const message = typeof body.message === 'string' ? body.message : text.slice(0, 200)
  return `${status} ${message}`.trim().replace(/\.$/, '')
}
