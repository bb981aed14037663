/** Starts pods as real processes, and clients that connect to them. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { type Claims, newPodKey, signToken } from '@warm-pods/core/identity/token.ts'
import type { Limits } from '@warm-pods/core/limits.ts'
import { SUBPROTOCOL } from '@warm-pods/core/socket.ts'
import { WebSocket } from 'ws'

const MAIN = fileURLToPath(new URL('../src/main.ts', import.meta.url))

/** Two session ids. */
export const ADA = 'a'.repeat(32)
export const BOB = 'b'.repeat(32)

/** How long one wait may take. Shorter than the limit of a test, so that a failure names the missing event. */
const PATIENCE_MS = 45_000

/**
 * Awaits a promise for at most {@link PATIENCE_MS}.
 * @param missing returns the text of the error.
 * @throws Error with that text when the time is over.
 */
export async function within<T>(promise: Promise<T>, missing: () => string): Promise<T> {
  const late = Promise.withResolvers<never>()
  const timer = setTimeout(() => late.reject(new Error(missing())), PATIENCE_MS)
  try {
    return await Promise.race([promise, late.promise])
  } finally {
    clearTimeout(timer)
  }
}

interface Exit {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
}

export interface PodProcess extends AsyncDisposable {
  readonly child: ChildProcess
  readonly key: string
  readonly port: number
  /** Undefined without METRICS_PORT in its environment. */
  readonly metricsPort: number | undefined
  readonly url: string
  /** Every line of its standard output. */
  readonly log: readonly string[]
  /** Its standard error. */
  stderr(): string
  /** Resolves when the process ended. Rejects after {@link PATIENCE_MS} of waiting. */
  readonly exit: Promise<Exit>
  /** A token of this pod. Default: session {@link ADA}, epoch 1, valid for a minute. */
  token(claims?: Partial<Claims>): Promise<string>
  /** Resolves when the pod has logged the event. Rejects when the pod ends without it. */
  logged(event: string): Promise<void>
}

/** The environment that a Job's template gives a pod. */
export function podEnvironment(overrides: Record<string, string | undefined> = {}): NodeJS.ProcessEnv {
  return {
    POD_KEY: newPodKey(),
    POD_NAME: 'warm-1-1-bcdfg-x2x4x',
    POD_UID: '5b4f27a6-6c11-4a54-9a3f-6f0f6f3c1f11',
    POD_IP: '127.0.0.1',
    POD_PORT: '0',
    NODE_NAME: 'node-1',
    ZONE: 'zone-a',
    IMAGE: 'warm-pods/pod:test',
    ...overrides,
  }
}

/** A pod's process; `exit` and `logged` are those of {@link PodProcess}. */
export type SpawnedPod = Pick<PodProcess, 'child' | 'log' | 'stderr' | 'exit' | 'logged'>

/** Starts the program as a kubelet does, with nothing but `env` in its environment. */
export function spawnPod(env: NodeJS.ProcessEnv): SpawnedPod {
  const child = spawn(process.execPath, [MAIN], { env, stdio: ['ignore', 'pipe', 'pipe'] })
  const log: string[] = []
  let stderr = ''
  child.stderr.on('data', (chunk) => {
    stderr += String(chunk)
  })
  const lines = createInterface({ input: child.stdout })
  lines.on('line', (line) => log.push(line))
  const exit = once(child, 'close').then(([code, signal]): Exit => ({ code, signal }))
  const output = (): string => `${log.join('\n')}${stderr}`
  const logged = async (event: string): Promise<void> => {
    const isWanted = (line: string): boolean => JSON.parse(line).event === event
    while (!log.some(isWanted)) {
      const hasExited = await Promise.race([once(lines, 'line').then(() => false), exit.then(() => true)])
      if (hasExited && !log.some(isWanted))
        throw new Error(`The pod ended without logging ${event}: ${output()}`)
    }
  }
  return {
    child,
    log,
    stderr: () => stderr,
    get exit() {
      return within(exit, () => `The pod did not exit. Its log: ${output()}`)
    },
    logged: (event) => within(logged(event), () => `The pod did not log ${event}. Its log: ${output()}`),
  }
}

/** Starts a pod on a free port and waits until it listens. */
export async function startPod(
  limits: Partial<Limits> = {},
  more: Record<string, string> = {},
): Promise<PodProcess> {
  const env = podEnvironment({ LIMITS: JSON.stringify(limits), ...more })
  const key = env.POD_KEY ?? ''
  const pod = spawnPod(env)
  await pod.logged('listening')
  const { port, metricsPort }: Pick<PodProcess, 'port' | 'metricsPort'> = JSON.parse(pod.log[0] ?? '{}')
  return {
    child: pod.child,
    key,
    port,
    metricsPort,
    url: `ws://127.0.0.1:${port}/`,
    log: pod.log,
    stderr: pod.stderr,
    get exit() {
      return pod.exit
    },
    logged: pod.logged,
    token: (claims) => signToken(key, { sessionId: ADA, epoch: 1, expiresAtS: inSeconds(60), ...claims }),
    async [Symbol.asyncDispose]() {
      pod.child.kill('SIGKILL')
      await pod.exit
    },
  }
}

/** A time in seconds since 1970, as in a token's expiry. */
export function inSeconds(seconds: number): number {
  return Math.floor(Date.now() / 1_000) + seconds
}

export interface Closed {
  readonly code: number
  readonly reason: string
}

export interface Visitor extends Disposable {
  readonly ws: WebSocket
  /** Every message, in order of arrival. */
  readonly messages: readonly string[]
  /** Resolves when the socket is closed. Rejects after {@link PATIENCE_MS} of waiting. */
  readonly closed: Promise<Closed>
  /** Resolves with the first message, old or new, that `wanted` accepts. Rejects when the socket closes first. */
  received(wanted: (message: string) => boolean): Promise<string>
}

/** Opens a socket as the page does. An error appears only as close code 1006, as in a browser. */
export function visit(url: string, protocols: string[], options: { localAddress?: string } = {}): Visitor {
  const ws = new WebSocket(url, protocols, { ...options, perMessageDeflate: false })
  const messages: string[] = []
  ws.on('message', (data) => messages.push(String(data)))
  ws.on('error', () => undefined)
  const closed = new Promise<Closed>((resolve) =>
    ws.once('close', (code, reason) => resolve({ code, reason: String(reason) })),
  )
  const received = async (wanted: (message: string) => boolean): Promise<string> => {
    for (;;) {
      const found = messages.find(wanted)
      if (found !== undefined) return found
      const end = await Promise.race([once(ws, 'message').then(() => undefined), closed])
      if (end && !messages.some(wanted)) throw new Error(`Closed with ${end.code} ${end.reason}`)
    }
  }
  const state = (): string => `Messages: ${JSON.stringify(messages)}`
  return {
    ws,
    messages,
    get closed() {
      return within(closed, () => `The socket was not closed. ${state()}`)
    },
    received: (wanted) => within(received(wanted), () => `No message matched ${wanted}. ${state()}`),
    [Symbol.dispose]: () => ws.terminate(),
  }
}

/** Opens a socket with a valid token and waits for the pod's hello. */
export async function visitAs(pod: PodProcess, claims?: Partial<Claims>): Promise<Visitor> {
  const visitor = visit(pod.url, [SUBPROTOCOL, await pod.token(claims)])
  await visitor.received((message) => message.includes('"hello"'))
  return visitor
}

export interface RawPeer extends Disposable {
  readonly socket: Socket
  /** Every byte received, as latin1. */
  text(): string
  /** Resolves when the received bytes contain `part`. Rejects when the connection ends without it. */
  received(part: string): Promise<void>
  /** Resolves when the other side has closed. Rejects after {@link PATIENCE_MS} of waiting. */
  readonly ended: Promise<void>
}

/** A TCP client that sends `request` and nothing else by itself: it does not answer pings. */
export async function rawPeer(port: number, request: string, host = '127.0.0.1'): Promise<RawPeer> {
  const socket = connect({ port, host, allowHalfOpen: true })
  const chunks: Buffer[] = []
  const text = (): string => Buffer.concat(chunks).toString('latin1')
  socket.on('data', (chunk) => chunks.push(chunk))
  socket.on('error', () => socket.destroy())
  const ended = new Promise<void>((resolve) => {
    socket.once('end', resolve)
    socket.once('close', () => resolve())
  })
  await once(socket, 'connect')
  socket.write(request, 'latin1')
  const received = async (part: string): Promise<void> => {
    while (!text().includes(part)) {
      const isOver = await Promise.race([once(socket, 'data').then(() => false), ended.then(() => true)])
      if (isOver && !text().includes(part)) throw new Error(`Ended without ${part}: ${text()}`)
    }
  }
  return {
    socket,
    text,
    get ended() {
      return within(ended, () => `The connection did not end. Received: ${JSON.stringify(text())}`)
    },
    received: (part) =>
      within(received(part), () => `Expected ${JSON.stringify(part)}, received ${JSON.stringify(text())}`),
    [Symbol.dispose]: () => socket.destroy(),
  }
}

/** The bytes of a handshake (RFC 6455 section 4.1). */
export function handshake(path: string, protocols: string, extra: readonly string[] = []): string {
  const lines = [
    `GET ${path} HTTP/1.1`,
    'Host: pod',
    'Connection: Upgrade',
    'Upgrade: websocket',
    'Sec-WebSocket-Version: 13',
    'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
    ...(protocols === '' ? [] : [`Sec-WebSocket-Protocol: ${protocols}`]),
    ...extra,
  ]
  return `${lines.join('\r\n')}\r\n\r\n`
}

/** A close frame's payload: the code in two bytes, then the reason. */
export function closeBytes(code: number): string {
  return String.fromCharCode(code >> 8, code & 255)
}
