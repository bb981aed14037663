/**
 * The test double of everything behind the page: the API with its contracts, sockets with their real ends (4001 after
 * `terminating`, a bare 1006, silence), and the built page itself, on one origin. Faults are injected by the test.
 */
import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { extname, join, normalize } from 'node:path'
import type { HowToDie, Session } from '@warm-pods/core/api/contracts.ts'
import { API_ERRORS, type ApiErrorCode } from '@warm-pods/core/api/errors.ts'
import { type WebSocket, WebSocketServer } from 'ws'
import { MockCluster, type MockOptions, type MockPod, type MockSession } from './_mock-cluster.ts'

type Call = 'claim' | 'read' | 'extend' | 'connected' | 'recover' | 'kill' | 'release' | 'pool'
type Trouble = { fault: ApiErrorCode; retryAfterMs?: number }

export interface MockServer extends AsyncDisposable {
  readonly url: string
  readonly cluster: MockCluster
  /** Every call the page made, in order. */
  readonly calls: Call[]
  /** What the next calls of a kind get instead of their answer. */
  trouble(call: Call, ...troubles: Trouble[]): void
  /** While true, nothing answers: connections are cut. */
  unplugged: boolean
  /** Calls that were cut. */
  attempts: number
  /** While true, every call is told that the cluster is switched off. */
  asleep: boolean
  /** The pod whose socket the page holds. */
  held(): MockPod | undefined
  /** Stops answering pings on new sockets: a pod that accepts and says nothing. */
  mute: boolean
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
  const troubles = new Map<Call, Trouble[]>()
  const calls: Call[] = []
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
    trouble: (call, ...list) => troubles.set(call, [...(troubles.get(call) ?? []), ...list]),
    held: () => [...cluster.sessions.values()].findLast(({ ended }) => !ended)?.pod,
    closeSocket: (code) => sockets.get([...cluster.sessions.values()].at(-1)?.pod?.ip ?? '')?.close(code),
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
    const found = callOf(request.method ?? '', pathname.slice(4))
    if (!found) return fail(response, 'no_such_path')
    calls.push(found.call)
    if (mock.asleep) return fail(response, 'asleep')
    const trouble = troubles.get(found.call)?.shift()
    if (trouble) return fail(response, trouble.fault, trouble.retryAfterMs)
    const body = JSON.parse((await text(request)) || '{}')
    run(found.call, request, response, {
      id: found.id,
      body,
      how: (searchParams.get('how') ?? 'polite') as HowToDie,
    })
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

  function run(
    call: Call,
    request: IncomingMessage,
    response: ServerResponse,
    { id, body, how }: { id: string | undefined; body: { epoch?: number; how?: string }; how: HowToDie },
  ) {
    if (call === 'pool') return send(response, 200, cluster.pool())
    const secret = /^Bearer ([\w-]{43})$/.exec(request.headers.authorization ?? '')?.[1]
    if (!secret) return fail(response, 'bad_secret')
    const mine = createHash('sha256').update(`warm-pods session ${secret}`).digest('hex').slice(0, 32)
    if (call === 'claim') return claim(mine, response)
    const session = cluster.sessions.get(mine)
    if (!session || id !== mine) return fail(response, 'no_session')
    if (call === 'read') return send(response, 200, shown(session))
    if (call === 'release') {
      session.ended ??= 'released'
      if (session.pod) cluster.end(session.pod, 'polite')
      return void response.writeHead(204).end()
    }
    if (session.ended) return fail(response, 'session_over')
    if (call === 'connected') return void response.writeHead(204).end()
    if (call === 'extend') {
      if (session.leaseEndsMs >= session.endsMs) return fail(response, 'lease_at_limit')
      session.leaseEndsMs = Math.min(session.endsMs, Date.now() + cluster.options.leaseMs)
      return send(response, 200, shown(session))
    }
    if (call === 'kill') {
      kill(session, how)
      return send(response, 202, shown(session))
    }
    recover(session, body, response)
  }

  function claim(id: string, response: ServerResponse) {
    const old = cluster.sessions.get(id)
    if (old?.ended) return fail(response, 'session_over')
    if (old) return send(response, old.pod ? 201 : 202, shown(old))
    const pod = cluster.takeWarm()
    if (!pod && cluster.pool().live >= cluster.options.cap) return fail(response, 'capacity')
    const session: MockSession = {
      id,
      epoch: 1,
      source: pod ? 'warm' : 'cold',
      pod,
      progress: undefined,
      leaseEndsMs: Date.now() + cluster.options.leaseMs,
      endsMs: Date.now() + cluster.options.lifetimeMs,
      ended: undefined,
      healing: false,
      heals: [],
      timers: new Set(),
    }
    cluster.sessions.set(id, session)
    if (!pod) start(session, 0)
    send(response, pod ? 201 : 202, shown(session))
  }

  /** A pod for this session alone, after the controller's back-off if there is one. */
  function start(session: MockSession, backoffMs: number): void {
    const { epoch } = session
    session.pod = undefined
    session.progress = ['created', 'scheduled', 'started', 'ready'].map((step) => ({
      step: step as 'created',
      at: null,
    }))
    cluster.after(backoffMs, () => {
      if (session.epoch !== epoch) return
      const fromMs = Date.now()
      const tick = () => {
        session.progress = cluster.progress(fromMs)
        if (session.progress.some(({ at }) => at === null)) cluster.after(50, tick)
        else if (session.epoch === epoch) session.pod = cluster.makePod()
      }
      tick()
    })
  }

  function kill(session: MockSession, how: HowToDie): void {
    const { pod, epoch } = session
    if (!pod) return
    cluster.after(15, () => cluster.end(pod, how === 'polite' ? 'polite' : 'crash'))
    const healMs = cluster.options.backoffMs + cluster.options.startMs
    // As the cluster tells it: in whole seconds, the back-off before the replacement's own steps.
    const at = (s: number) => new Date(Date.UTC(2026, 10, 23) + s * 1_000).toISOString()
    const steps = (['created', 'scheduled', 'network', 'started', 'ready'] as const).map((step, i) => ({
      step,
      at: at(i < 4 ? 10 : 11),
    }))
    cluster.after(healMs, () => session.heals.push({ epoch, how, healMs: 11_000, progress: steps }))
  }

  function recover(session: MockSession, body: { epoch?: number; how?: string }, response: ServerResponse) {
    const epoch = body.epoch ?? 0
    if (epoch < session.epoch - 1) return fail(response, 'old_epoch')
    if (epoch > session.epoch) return fail(response, 'future_epoch')
    if (epoch === session.epoch) {
      if (session.pod) cluster.end(session.pod, 'crash')
      session.epoch++
      session.healing = body.how === 'heal'
      const pod = body.how === 'heal' ? undefined : cluster.takeWarm()
      if (body.how !== 'heal') session.source = pod ? 'rescued' : 'cold'
      session.progress = undefined
      if (pod) session.pod = pod
      else start(session, body.how === 'heal' ? cluster.options.backoffMs : 0)
    }
    send(response, session.pod ? 201 : 202, shown(session))
  }

  http.on('upgrade', (request, raw, head) => {
    const pod = cluster.pods.get((request.url ?? '').replace('/pod/', ''))
    if (!pod || mock.unplugged) return void raw.destroy()
    wss.handleUpgrade(request, raw, head, (socket) => serveSocket(socket, pod))
  })

  function serveSocket(socket: WebSocket, pod: MockPod): void {
    sockets.get(pod.ip)?.close(4002, 'replaced')
    sockets.set(pod.ip, socket)
    const { uid, name, alias, node, zone, startedAt } = pod
    const epoch = [...cluster.sessions.values()].find((session) => session.pod === pod)?.epoch ?? 0
    if (mock.mute) return
    socket.send(
      JSON.stringify({ type: 'hello', uid, name, alias, node, zone, image: 'mock', startedAt, epoch }),
    )
    pod.onEnd = (how) => {
      if (pod.state !== 'frozen' && how === 'polite') {
        socket.send(JSON.stringify({ type: 'terminating', graceMs: 5_000 }))
        socket.close(4001, 'terminating')
      } else socket.terminate()
      sockets.delete(pod.ip)
    }
    socket.on('message', (data) => {
      const message = String(data)
      if (pod.state === 'frozen' || mock.unplugged) return
      if (message === 'die,freeze') pod.state = 'frozen'
      if (message === 'die,crash') cluster.end(pod, 'crash')
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
    })
  }

  await new Promise<void>((resolve) => http.listen(port, '127.0.0.1', resolve))
  return Object.assign(mock, { url: `http://127.0.0.1:${(http.address() as AddressInfo).port}` })
}

function callOf(method: string, path: string): { call: Call; id: string | undefined } | undefined {
  const id = /^\/session\/([0-9a-f]{32})/.exec(path)?.[1]
  const rest = id ? path.slice(9 + 32) : path
  const calls: Record<string, Call> = {
    'POST /session': 'claim',
    'GET ': 'read',
    'DELETE ': 'release',
    'POST /extend': 'extend',
    'POST /connected': 'connected',
    'POST /recover': 'recover',
    'DELETE /pod': 'kill',
    'GET /pool': 'pool',
  }
  const call = calls[`${method} ${rest}`]
  return call && { call, id }
}

function shown(session: MockSession): Session {
  const { pod } = session
  return {
    id: session.id,
    state: session.ended ? 'ended' : pod ? 'live' : session.healing ? 'recovering' : 'starting',
    epoch: session.epoch,
    source: session.source,
    ...(pod && {
      pod: {
        name: pod.name,
        uid: pod.uid,
        alias: pod.alias,
        ip: pod.ip,
        node: pod.node,
        zone: pod.zone,
        startedAt: pod.startedAt,
      },
      socket: { url: `/pod/${pod.ip}`, protocols: ['warm-pods.v1', 'token.mock'] },
    }),
    ...(session.progress && { progress: session.progress }),
    leaseEndsAt: new Date(session.leaseEndsMs).toISOString(),
    endsAt: new Date(session.endsMs).toISOString(),
    ...(session.ended && { endReason: session.ended }),
    receipt: {
      outcome: session.source === 'cold' ? 'empty' : 'warm',
      stages: [{ name: 'claim', ms: 3 }],
      candidates: 4,
      tries: 1,
      conflicts: 0,
    },
    heals: session.heals,
  }
}

function send(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
}

function fail(response: ServerResponse, code: ApiErrorCode, retryAfterMs?: number): void {
  const { status, message, ...rest }: { status: number; message: string; retryAfterMs?: number } =
    API_ERRORS[code]
  const retry = retryAfterMs ?? rest.retryAfterMs
  const error = {
    code,
    message,
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
