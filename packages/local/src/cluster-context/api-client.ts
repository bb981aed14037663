/** A person's own way into a cluster: their kubeconfig's address and credentials, over connections that are kept. */
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
import { firstLine } from './kubeconfig-files.ts'

/** The person themselves, or with no more than the rights of the group that k8s/overlays/local has for one machine. */
export type As = 'self' | 'provisioner'

/** https://kubernetes.io/docs/reference/access-authn-authz/authentication/#user-impersonation */
const PROVISIONER = {
  'Impersonate-User': 'warm-pods-on-one-machine',
  'Impersonate-Group': 'warm-pods:provisioner',
} as const

const KEEP_ALIVE = { keepAlive: true, keepAliveMsecs: 30_000 } as const

export interface Asked {
  readonly method: string
  /** With its query, as it goes over the wire. */
  readonly path: string
  readonly headers?: Record<string, string | string[]>
  readonly body?: Buffer
  readonly as: As
  readonly signal?: AbortSignal
}

export interface Answer {
  readonly status: number
  /** Empty for an answer that is no JSON object. */
  readonly body: Record<string, unknown>
  readonly text: string
}

export interface Access {
  readonly server: string
  /** Sends a request and resolves with the head of the answer. @throws what keeps it from being sent or answered. */
  send(asked: Asked): Promise<IncomingMessage>
  /** What node:http needs to open a request of its own: an upgrade. */
  options(as: As): Promise<RequestOptions & SecureOptions>
  /** One whole exchange, JSON both ways. */
  call(
    method: string,
    path: string,
    options?: { body?: unknown; as?: As; timeoutMs?: number },
  ): Promise<Answer>
  close(): void
}

/**
 * @param config with its context selected. Tokens in files, plugins (`exec`) and their expiry are its business: it is
 *   asked before every request, and runs a plugin only when what that said last has expired.
 */
export function openAccess(config: KubeConfig): Access {
  const { server = '' } = config.getCurrentCluster() ?? {}
  const base = new URL(server)
  const secure = base.protocol === 'https:'
  /** One agent for each set of certificates: the client's own opens a connection for every call. */
  const agents = new Map<string, HttpAgent>()

  async function options(as: As): Promise<RequestOptions & SecureOptions> {
    const given: SecureOptions = {}
    await config.applyToHTTPSOptions(given)
    const { agent, headers, ...tls } = given
    return {
      ...tls,
      agent: isPlain(agent) ? keptAgent(tls) : agent,
      host: base.hostname.replace(/^\[|\]$/g, ''),
      port: base.port || (secure ? 443 : 80),
      headers: { ...(headers as Record<string, string>), ...(as === 'provisioner' ? PROVISIONER : {}) },
    }
  }

  function keptAgent(tls: SecureOptions): HttpAgent {
    const { ca, cert, key, passphrase, pfx, rejectUnauthorized = true, servername } = tls
    const tlsOptions = { ca, cert, key, passphrase, pfx, rejectUnauthorized, servername }
    const hash = createHash('sha256')
      .update(JSON.stringify([String(ca), String(cert), String(key)]))
      .digest('hex')
    const kept =
      agents.get(hash) ??
      (secure ? new HttpsAgent({ ...KEEP_ALIVE, ...defined(tlsOptions) }) : new HttpAgent(KEEP_ALIVE))
    agents.set(hash, kept)
    return kept
  }

  async function send(asked: Asked, isRepeat = false): Promise<IncomingMessage> {
    const base = await options(asked.as)
    const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>()
    const request = (secure ? requestHttps : requestHttp)({
      ...base,
      method: asked.method,
      path: prefixed(asked.path),
      headers: {
        ...asked.headers,
        ...(base.headers as Record<string, string>),
        // Node sends the body of a DELETE without a length unless told: the server would take it for the next request.
        ...(asked.body === undefined ? {} : { 'content-length': String(asked.body.length) }),
      },
      ...(asked.signal ? { signal: asked.signal } : {}),
    })
    request.once('response', resolve)
    request.once('error', (error) => {
      // A kept connection that the server was just closing: nothing was answered on it.
      const isStale = request.reusedSocket && 'code' in error && error.code === 'ECONNRESET'
      if (isStale && !isRepeat && !asked.signal?.aborted) resolve(send(asked, true))
      else reject(error)
    })
    request.end(asked.body)
    return promise
  }

  /** Clusters behind a proxy have an address with a path. */
  function prefixed(path: string): string {
    return base.pathname === '/' ? path : base.pathname.replace(/\/$/, '') + path
  }

  return {
    server,
    send,
    options: async (as) => options(as),
    async call(method, path, { body, as = 'self', timeoutMs = 10_000 } = {}) {
      const response = await send({
        method,
        path,
        as,
        headers: {
          accept: 'application/json',
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        },
        ...(body === undefined ? {} : { body: Buffer.from(JSON.stringify(body)) }),
        signal: AbortSignal.timeout(timeoutMs),
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

/** Without what is undefined: an agent would take that for a value. */
function defined<T extends object>(options: T): { [K in keyof T]: NonNullable<T[K]> } {
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

/** Why no answer came, as a person would say it. */
export function whyNoAnswer(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? String(error.code) : ''
  if (error instanceof Error && error.name === 'AbortError') return 'it did not answer within ten seconds'
  const known: Record<string, string> = {
    ECONNREFUSED: 'nothing listens there',
    ENOTFOUND: 'its name is not known',
    EHOSTUNREACH: 'there is no way to it',
    ENETUNREACH: 'there is no way to it',
    ETIMEDOUT: 'it did not answer',
    ECONNRESET: 'it cut the connection',
    ENOENT: 'the program that logs you in is not installed',
  }
  return known[code] ?? firstLine(error)
}
