/**
 * The way from a visitor to the nginx of a cluster: what comes under `/pod/` is passed on as it came, target and headers
 * unread, to one of the replicas. It is nginx that judges; here stands what a load balancer does on AWS.
 */
import { request as httpRequest, type IncomingMessage, type RequestListener } from 'node:http'
import { connect, type Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { refuseUpgrade } from '../gateway/error-responses.ts'
import { join } from '../gateway/tunnel.ts'
import type { Way, Ways } from './gateway-endpoints.ts'

export interface PassingOn {
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void
  readonly request: RequestListener
  /** Cuts every socket. */
  close(): void
}

/** A replica takes a connection at once or is gone. */
const CONNECT_MS = 1_000
/** Longer than nginx itself waits for a pod's answer. */
const ANSWER_MS = 20_000
/** Longer than nginx waits for either side: it is nginx that ends what is silent. */
const IDLE_MS = 30_000

export function passToGateway(ways: Ways): PassingOn {
  const open = new Set<Socket>()

  async function passUpgrade(request: IncomingMessage, visitor: Socket, head: Buffer): Promise<void> {
    const gateway = await reach(ways)
    if (!gateway) return refuseUpgrade(visitor, 502)
    if (visitor.destroyed) return void gateway.destroy()
    open.add(gateway)
    gateway.once('close', () => open.delete(gateway))
    const asked = ask(request, gateway)
    const timer = setTimeout(() => gateway.destroy(), ANSWER_MS)
    visitor.once('close', () => gateway.destroy())
    asked.once('upgrade', (answer, _socket, gatewayHead) => {
      clearTimeout(timer)
      visitor.write(headOf(answer))
      if (gatewayHead.length > 0) visitor.write(gatewayHead)
      if (head.length > 0) gateway.write(head)
      join(visitor, gateway, IDLE_MS)
    })
    asked.once('response', (answer) => {
      clearTimeout(timer)
      visitor.write(headOf(answer))
      answer.pipe(visitor)
    })
    asked.once('error', () => {
      clearTimeout(timer)
      if (!visitor.destroyed) refuseUpgrade(visitor, 502)
    })
    asked.end()
  }

  return {
    upgrade(request, duplex, head) {
      const visitor = duplex as Socket // node:http hands over the net.Socket itself; its type says Duplex.
      visitor.setNoDelay(true)
      visitor.on('error', () => visitor.destroy())
      passUpgrade(request, visitor, head).catch(() => visitor.destroy())
    },
    async request(request, response) {
      const gateway = await reach(ways)
      if (!gateway) return void response.writeHead(502).end()
      const asked = ask(request, gateway)
      asked.setTimeout(ANSWER_MS, () => gateway.destroy())
      asked.once('response', (answer) => {
        response.writeHead(answer.statusCode ?? 502, answer.headers)
        answer.pipe(response)
      })
      asked.once('error', () => response.destroy())
      request.pipe(asked)
    },
    close() {
      for (const socket of open) socket.destroy()
    },
  }
}

/** A connection to the first replica that takes one; when none does, the replicas are looked up again, once. */
async function reach(ways: Ways): Promise<Socket | undefined> {
  for (const isLast of [false, true]) {
    for (const way of ways.now()) {
      const socket = await connectTo(way)
      if (socket) return socket
    }
    if (!isLast) await ways.lookAgain()
  }
  return undefined
}

function connectTo(way: Way): Promise<Socket | undefined> {
  const { promise, resolve } = Promise.withResolvers<Socket | undefined>()
  const socket = connect({ ...way, noDelay: true, keepAlive: true, allowHalfOpen: true })
  const timer = setTimeout(() => socket.destroy(), CONNECT_MS)
  socket.once('connect', () => {
    clearTimeout(timer)
    resolve(socket)
  })
  socket.on('error', () => socket.destroy())
  socket.once('close', () => {
    clearTimeout(timer)
    resolve(undefined)
  })
  return promise
}

/** The same request on that connection: the raw target, and the headers one by one as they were sent. */
function ask({ headers: _joined, method, rawHeaders, url }: IncomingMessage, gateway: Socket) {
  return httpRequest({
    method,
    path: url,
    headers: rawHeaders,
    setDefaultHeaders: false,
    createConnection: () => gateway,
  })
}

function headOf({ rawHeaders, statusCode, statusMessage }: IncomingMessage): string {
  const lines = [`HTTP/1.1 ${statusCode} ${statusMessage}`]
  for (let i = 0; i < rawHeaders.length; i += 2) lines.push(`${rawHeaders[i]}: ${rawHeaders[i + 1]}`)
  return `${lines.join('\r\n')}\r\n\r\n`
}
