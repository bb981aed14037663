/**
 * The mock of everything behind the page, on one origin: the simulation's API over HTTP, sockets, and the built page itself.
 * Sockets end like real ones: 4001 after `terminating`, a bare 1006, or silence. Tests inject the faults.
 */
import { readFile } from 'node:fs/promises'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { extname, join, normalize } from 'node:path'
import type {
  ConnectedBody,
  HowToDie,
  Pod,
  Reach,
  RecoverBody,
  Session,
} from '@warm-pods/core/api/contracts.ts'
import { API_ERRORS, type ApiErrorCode } from '@warm-pods/core/api/errors.ts'
import { FORM_TYPE, isFormOperation, routeOfForm } from '@warm-pods/core/api/form.ts'
import { ROUTES } from '@warm-pods/core/api/routes.ts'
import { sessionIdOf } from '@warm-pods/core/identity/secret.ts'
import { LIMITS } from '@warm-pods/core/limits.ts'
import { type WebSocket, WebSocketServer } from 'ws'
import type { Call } from '../src/simulator/protocol.ts'
import { MockCluster, type MockOptions } from './_mock-cluster.ts'

type CallName = Call['name']
/** The operations that the page uses. */
const CALLS: readonly CallName[] = [
  'claim',
  'read',
  'extend',
  'connected',
  'recover',
  'reach',
  'kill',
  'release',
  'pool',
]
interface Trouble {
  readonly fault: ApiErrorCode
  readonly retryAfterMs?: number
  /** In place of the table's message. */
  readonly message?: string
}
/** A request that is one of the API's. */
interface Found {
  readonly call: CallName
  readonly id: string | undefined
  readonly how: HowToDie
  readonly epoch: number | undefined
}
type Body = Partial<ConnectedBody & RecoverBody>

export interface MockServer extends AsyncDisposable {
  readonly url: string
  readonly cluster: MockCluster
  /** Every call the page made, in order. */
  readonly calls: CallName[]
  /** The errors that the next calls of a kind get instead of their answer. */
  trouble(call: CallName, ...troubles: Trouble[]): void
  /** While true, every connection is cut and no pong is sent. */
  unplugged: boolean
  /** Calls that were cut. */
  attempts: number
  /** While true, every call is answered with `asleep`: the cluster is switched off. */
  asleep: boolean
  /** The pod of the newest session that has not ended. */
  held(): Pod | undefined
  /** While true, pods accept new sockets but send nothing on them. */
  mute: boolean
  /**
   * The network between browser and gateway. `refuse`: it answers each upgrade with 403. `swallow`: it forwards nothing that
   * the page sends. A number: it cuts each socket so many ms after its first pong.
   */
  network: 'open' | 'refuse' | 'swallow' | number
  /** CORS preflights of pages on another origin. */
  preflights: number
  /** WebSocket handshakes of pages. */
  upgrades: number
  /** While true, the gateway takes no new socket, and the API reports that. */
  gatewayDown: boolean
  /** Operations that this API does not have, as an older one. */
  readonly missing: Set<CallName>
  /** Cuts all sockets at once, as a reload of the gateway. The pods live on. */
  cutSockets(): void
  /** Closes the socket of the newest session, ended or not, with a code. */
  closeSocket(code: number): void
}

const TYPES: Record<string, string> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.svg': 'image/svg+xml',
}

/** Starts it on a port of its own, or on `port`. @param site folder with the built page. */
export async function startMock(
  site: string,
  options: Partial<MockOptions> = {},
  port = 0,
): Promise<MockServer> {
  const cluster = new MockCluster(options)
  const troubles = new Map<CallName, Trouble[]>()
  const calls: CallName[] = []
  const sockets = new Map<string, WebSocket>()
  const http = createServer((request, response) => void serve(request, response))
  const wss = new WebSocketServer({ noServer: true, handleProtocols: () => 'warm-pods.v1' })

  const mock: MockServer = {
    url: '',
    cluster,
    calls,
    unplugged: false,
    attempts: 0,
    asleep: false,
    mute: false,
    network: 'open',
    preflights: 0,
    upgrades: 0,
    gatewayDown: false,
    missing: new Set(),
    cutSockets() {
      for (const socket of sockets.values()) socket.terminate()
    },
    trouble: (call, ...list) => troubles.set(call, [...(troubles.get(call) ?? []), ...list]),
    held: () => cluster.sessions().findLast(({ ended }) => !ended)?.pod,
    closeSocket: (code) => sockets.get(cluster.sessions().at(-1)?.pod?.uid ?? '')?.close(code),
    async [Symbol.asyncDispose]() {
      cluster.close()
      for (const socket of sockets.values()) socket.terminate()
      http.closeAllConnections()
      await new Promise((resolve) => http.close(resolve))
    },
  }

  async function serve(request: IncomingMessage, response: ServerResponse) {
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://mock')
    if (!pathname.startsWith('/api/')) return serveFile(pathname, response)
    if (mock.unplugged) {
      mock.attempts++
      return void request.socket.destroy()
    }
    response.setHeader('access-control-allow-origin', request.headers.origin ?? '*')
    if (request.method === 'OPTIONS') {
      mock.preflights++
      return void response
        .writeHead(204, {
          'access-control-allow-methods': 'GET, POST, DELETE',
          'access-control-allow-headers': 'authorization, content-type',
        })
        .end()
    }
    const sent = sentBy(request, await text(request), pathname.slice(4), searchParams)
    const found = callOf(sent.method, sent.path, sent.query)
    if (!found || mock.missing.has(found.call)) return fail(response, 'no_such_path')
    calls.push(found.call)
    if (mock.asleep) return fail(response, 'asleep')
    const trouble = troubles.get(found.call)?.shift()
    if (trouble) return fail(response, trouble.fault, trouble.retryAfterMs, trouble.message)
    await run(found, sent.secret, response, JSON.parse(sent.body || '{}'))
  }

  async function serveFile(pathname: string, response: ServerResponse) {
    const path = normalize(pathname === '/' ? '/index.html' : pathname)
    try {
      const content = await readFile(join(site, path))
      response
        .writeHead(200, { 'content-type': TYPES[extname(path)] ?? 'application/octet-stream' })
        .end(content)
    } catch {
      response.writeHead(404).end('Not found')
    }
  }

  async function run(found: Found, secret: string | undefined, response: ServerResponse, body: Body) {
    const { call: name, id, how, epoch } = found
    if (name === 'pool') return reply(response, { name })
    if (!secret) return fail(response, 'bad_secret')
    const session = await sessionIdOf(secret)
    if (name !== 'claim' && id !== session) return fail(response, 'no_session')
    switch (name) {
      case 'connected':
        return reply(response, { name, session, body: body as ConnectedBody })
      case 'recover':
        return reply(response, { name, session, body: body as RecoverBody })
      case 'kill':
        return reply(response, { name, session, how, epoch })
      default:
        return reply(response, { name, session })
    }
  }

  /** Answers with the simulation's answer and the status that the API has for it. */
  function reply(response: ServerResponse, call: Call) {
    const answer = cluster.call(call)
    if (mock.gatewayDown && call.name === 'reach' && answer.is === 'ok')
      return send(response, 200, { ...(answer.value as Reach), reach: 'gateway_down' })
    if (answer.is === 'unreachable') return void response.destroy()
    if (answer.is === 'error')
      return fail(response, answer.error.code as ApiErrorCode, answer.error.retryAfterMs)
    if (answer.value === null) return void response.writeHead(204).end()
    const isReady = (answer.value as Partial<Session>).socket !== undefined
    const status =
      call.name === 'kill'
        ? 202
        : call.name === 'claim' || call.name === 'recover'
          ? isReady
            ? 201
            : 202
          : 200
    send(response, status, answer.value)
  }

  http.on('upgrade', (request, raw, head) => {
    mock.upgrades++
    if (mock.network === 'refuse') return void raw.end('HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n')
    const pod = cluster.podAt((request.url ?? '').replace('/pod/', ''))
    if (!pod || mock.unplugged || mock.gatewayDown) return void raw.destroy()
    wss.handleUpgrade(request, raw, head, (socket) => serveSocket(socket, pod))
  })

  function serveSocket(socket: WebSocket, pod: Pod): void {
    const { uid, name, alias, node, zone, startedAt } = pod
    sockets.get(uid)?.close(4002, 'replaced')
    sockets.set(uid, socket)
    const session = cluster.sessions().find((candidate) => candidate.pod?.uid === uid)
    if (session) cluster.plugged(uid, true)
    socket.on('close', () => {
      if (sockets.get(uid) !== socket) return
      sockets.delete(uid)
      if (session) cluster.plugged(uid, false)
    })
    if (mock.mute) return
    const epoch = session?.epoch ?? 0
    socket.send(
      JSON.stringify({ type: 'hello', uid, name, alias, node, zone, image: 'mock', startedAt, epoch }),
    )
    let isCutSoon = false
    socket.on('message', (data) => {
      const message = String(data)
      if (mock.unplugged || mock.network === 'swallow' || cluster.isFrozen(uid)) return
      if (message === 'die,freeze') cluster.die(uid, 'freeze')
      if (message === 'die,crash') cluster.die(uid, 'crash')
      if (!message.startsWith('p,')) return
      const { holdMs, lagMs } = cluster.options
      const from = performance.now()
      const answer = () => {
        const pong = `${message},${Math.round((performance.now() - from) * 1000)}`
        if (lagMs > 0) setTimeout(() => socket.send(pong), lagMs)
        else socket.send(pong)
      }
      if (holdMs > 0) setTimeout(answer, holdMs)
      else answer()
      // Not from the handshake on: a busy browser may send its first ping late, and the try would count as unopened.
      if (isCutSoon || typeof mock.network !== 'number') return
      isCutSoon = true
      setTimeout(() => socket.terminate(), mock.network)
    })
  }

  cluster.onEnd = (uid, how) => {
    const socket = sockets.get(uid)
    sockets.delete(uid)
    if (how === 'terminated') {
      socket?.send(JSON.stringify({ type: 'terminating', graceMs: LIMITS.graceMs }))
      socket?.close(4001, 'terminating')
    } else socket?.terminate()
  }

  await new Promise<void>((resolve) => http.listen(port, '127.0.0.1', resolve))
  return Object.assign(mock, { url: `http://127.0.0.1:${(http.address() as AddressInfo).port}` })
}

interface Sent {
  readonly method: string
  readonly path: string
  readonly query: URLSearchParams
  readonly secret: string | undefined
  readonly body: string
}

/** Returns a request in one of its two encodings: with a header, or as a form. */
function sentBy(request: IncomingMessage, body: string, path: string, query: URLSearchParams): Sent {
  const { method = '', headers } = request
  const fields = new URLSearchParams(body)
  const operation = fields.get('operation')
  if (!headers['content-type']?.startsWith(FORM_TYPE) || operation === null || !isFormOperation(operation)) {
    const secret = /^Bearer ([\w-]{43})$/.exec(headers.authorization ?? '')?.[1]
    return { method, path, query, secret, body }
  }
  const secret = fields.get('access_token') ?? undefined
  return {
    ...routeOfForm({ operation, id: fields.get('id') ?? undefined }),
    query: fields,
    secret,
    body: fields.get('body') ?? '',
  }
}

/** Finds the operation of a request in the API's own table; undefined for a request that the page never sends. */
function callOf(method: string, path: string, query: URLSearchParams): Found | undefined {
  for (const call of CALLS) {
    const route = ROUTES[call]
    const match = new RegExp(`^${route.path.replace('{id}', '([0-9a-f]{32})')}$`).exec(path)
    if (!match || route.method !== method) continue
    const epoch = query.get('epoch')
    return {
      call,
      id: match[1],
      how: (query.get('how') ?? 'polite') as HowToDie,
      epoch: epoch === null ? undefined : Number(epoch),
    }
  }
  return undefined
}

function send(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
}

function fail(response: ServerResponse, code: ApiErrorCode, retryAfterMs?: number, words?: string): void {
  const { status, message, ...rest }: { status: number; message: string; retryAfterMs?: number } =
    API_ERRORS[code]
  const retry = retryAfterMs ?? rest.retryAfterMs
  const error = {
    code,
    message: words ?? message,
    requestId: 'r-7f3a',
    ...(retry !== undefined && { retryAfterMs: retry }),
  }
  send(response, status, { error })
}

async function text(request: IncomingMessage): Promise<string> {
  let all = ''
  for await (const chunk of request) all += chunk
  return all
}
