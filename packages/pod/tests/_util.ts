/** Real pods in processes of their own, and the peers that meet them. */
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

export const ADA = 'a'.repeat(32)
export const BOB = 'b'.repeat(32)

export interface Exit {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
}

export interface PodProcess extends AsyncDisposable {
  readonly child: ChildProcess
  readonly key: string
  readonly port: number
  readonly url: string
  /** Every line it has written. */
  readonly log: readonly string[]
  /** What it, or Node, complained about. */
  complaints(): string
  readonly exit: Promise<Exit>
  /** A token of this pod; by default ada's, epoch 1, good for a minute. */
  token(claims?: Partial<Claims>): Promise<string>
  /** Resolves when it has logged the event. */
  logged(event: string): Promise<void>
}

/** The environment a Job's template gives a pod. */
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

/** Starts the program as a kubelet does, with nothing else in its environment. */
export function spawnPod(env: NodeJS.ProcessEnv) {
  const child = spawn(process.execPath, [MAIN], { env, stdio: ['ignore', 'pipe', 'pipe'] })
  const log: string[] = []
  let complaints = ''
  child.stderr.on('data', (chunk) => {
    complaints += String(chunk)
  })
  const lines = createInterface({ input: child.stdout })
  lines.on('line', (line) => log.push(line))
  const exit = once(child, 'close').then(([code, signal]): Exit => ({ code, signal }))
  const logged = async (event: string): Promise<void> => {
    const is = (line: string): boolean => JSON.parse(line).event === event
    while (!log.some(is)) {
      const gone = await Promise.race([once(lines, 'line').then(() => false), exit.then(() => true)])
      if (gone && !log.some(is))
        throw new Error(`The pod ended without logging ${event}: ${log.join('\n')}${complaints}`)
    }
  }
  return { child, log, exit, logged, complaints: () => complaints }
}

/** A pod that listens on a port of its own. */
export async function startPod(limits: Partial<Limits> = {}): Promise<PodProcess> {
  const env = podEnvironment({ LIMITS: JSON.stringify(limits) })
  const key = env.POD_KEY ?? ''
  const { child, log, exit, logged, complaints } = spawnPod(env)
  await logged('listening')
  const port: number = JSON.parse(log[0] ?? '{}').port
  return {
    child,
    key,
    port,
    url: `ws://127.0.0.1:${port}/`,
    log,
    complaints,
    exit,
    logged,
    token: (claims) => signToken(key, { sessionId: ADA, epoch: 1, expiresAtS: inSeconds(60), ...claims }),
    async [Symbol.asyncDispose]() {
      child.kill('SIGKILL')
      await exit
    },
  }
}

/** A token's expiry. */
export function inSeconds(seconds: number): number {
  return Math.floor(Date.now() / 1_000) + seconds
}

export interface Visitor extends Disposable {
  readonly ws: WebSocket
  /** Every message in the order it came. */
  readonly messages: readonly string[]
  readonly closed: Promise<{ code: number; reason: string }>
  /** Resolves with the first message, old or new, that `wanted` accepts; rejects when the socket closes first. */
  heard(wanted: (message: string) => boolean): Promise<string>
}

/** Opens a socket as a page would. An error shows, as in a browser, only as close code 1006. */
export function visit(url: string, protocols: string[], options: { localAddress?: string } = {}): Visitor {
  const ws = new WebSocket(url, protocols, { ...options, perMessageDeflate: false })
  const messages: string[] = []
  ws.on('message', (data) => messages.push(String(data)))
  ws.on('error', () => undefined)
  const closed = new Promise<{ code: number; reason: string }>((resolve) =>
    ws.once('close', (code, reason) => resolve({ code, reason: String(reason) })),
  )
  return {
    ws,
    messages,
    closed,
    async heard(wanted) {
      for (;;) {
        const found = messages.find(wanted)
        if (found !== undefined) return found
        const end = await Promise.race([once(ws, 'message').then(() => undefined), closed])
        if (end && !messages.some(wanted)) throw new Error(`Closed with ${end.code} ${end.reason}`)
      }
    },
    [Symbol.dispose]: () => ws.terminate(),
  }
}

/** Opens a socket with a good token and waits for the pod's hello. */
export async function visitAs(pod: PodProcess, claims?: Partial<Claims>): Promise<Visitor> {
  const visitor = visit(pod.url, [SUBPROTOCOL, await pod.token(claims)])
  await visitor.heard((message) => message.includes('"hello"'))
  return visitor
}

export interface RawPeer extends Disposable {
  readonly socket: Socket
  /** Every byte received, as latin1. */
  text(): string
  /** Resolves when what was received holds `part`. */
  received(part: string): Promise<void>
  readonly ended: Promise<void>
}

/** A peer that speaks TCP and answers nothing by itself. */
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
  return {
    socket,
    text,
    ended,
    async received(part) {
      while (!text().includes(part)) {
        const over = await Promise.race([once(socket, 'data').then(() => false), ended.then(() => true)])
        if (over && !text().includes(part)) throw new Error(`Ended without ${part}: ${text()}`)
      }
    },
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
