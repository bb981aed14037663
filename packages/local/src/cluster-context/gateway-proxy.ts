/**
 * The proxy from the dev server to the nginx of a cluster. It forwards requests under `/pod/` to one of the replicas, with
 * target and headers unchanged, as a load balancer does on AWS. All checks are done by nginx. Without a replica it answers 503, as a
 * load balancer does without a target.
 */
import {
  type ClientRequest,
  request as httpRequest,
  type IncomingMessage,
  type RequestListener,
} from 'node:http'
import { connect, type Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { sendUpgradeError } from '../gateway/error-responses.ts'
import { destroyWhenIdle, pipeUpgraded, responseHead } from '../http/upgrade.ts'
import type { GatewayEndpoint, GatewayEndpoints } from './gateway-endpoints.ts'

export interface GatewayProxy {
  /** For the `upgrade` event of a node:http server. */
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void
  /** For the `request` event of a node:http server. */
  readonly request: RequestListener
  /** Destroys the gateway connections of upgrade requests. Other requests are left to end by themselves. */
  close(): void
}

/** How long a connection to a replica may take to open, ms. A running replica accepts it at once. */
const CONNECT_MS = 1_000
/** How long a response may take, ms. Longer than nginx waits for a pod's response, so that nginx reports the time-out. */
const RESPONSE_MS = 20_000
/** How long a WebSocket may be silent, ms. Longer than nginx waits for either side, so that nginx ends idle connections. */
const IDLE_MS = 30_000

export function createGatewayProxy(endpoints: Pick<GatewayEndpoints, 'current' | 'refresh'>): GatewayProxy {
  const open = new Set<Socket>()

  async function forwardUpgrade(request: IncomingMessage, visitor: Socket, head: Buffer): Promise<void> {
    const gateway = await connectToReplica(endpoints)
    if (!gateway) return sendUpgradeError(visitor, 503)
    if (visitor.destroyed) return void gateway.destroy()
    open.add(gateway)
    gateway.once('close', () => open.delete(gateway))
    const forwarded = forward(request, gateway)
    const timer = setTimeout(() => gateway.destroy(), RESPONSE_MS)
    visitor.once('close', () => gateway.destroy())
    forwarded.once('upgrade', (response, _socket, gatewayHead) => {
      clearTimeout(timer)
      pipeUpgraded({
        client: visitor,
        clientHead: head,
        server: gateway,
        serverHead: gatewayHead,
        response: headOf(response),
      })
      destroyWhenIdle(gateway, visitor, IDLE_MS)
    })
    forwarded.once('response', (response) => {
      clearTimeout(timer)
      visitor.write(headOf(response))
      response.pipe(visitor)
    })
    forwarded.once('error', () => {
      clearTimeout(timer)
      if (!visitor.destroyed) sendUpgradeError(visitor, 502)
    })
    forwarded.end()
  }

  return {
    upgrade(request, duplex, head) {
      const visitor = duplex as Socket // node:http passes the net.Socket itself; its type is the wider Duplex.
      visitor.setNoDelay(true)
      visitor.on('error', () => visitor.destroy())
      forwardUpgrade(request, visitor, head).catch(() => visitor.destroy())
    },
    async request(request, response) {
      const gateway = await connectToReplica(endpoints)
      if (!gateway) return void response.writeHead(503).end()
      const forwarded = forward(request, gateway)
      forwarded.setTimeout(RESPONSE_MS, () => gateway.destroy())
      forwarded.once('response', (upstream) => {
        response.writeHead(upstream.statusCode ?? 502, upstream.headers)
        upstream.pipe(response)
      })
      forwarded.once('error', () => response.destroy())
      request.pipe(forwarded)
    },
    close() {
      for (const socket of open) socket.destroy()
    },
  }
}

/** @returns a connection to the first replica that accepts one. If none does, it lists the replicas again and retries once. */
async function connectToReplica(
  endpoints: Pick<GatewayEndpoints, 'current' | 'refresh'>,
): Promise<Socket | undefined> {
  for (const isRetry of [false, true]) {
    for (const endpoint of endpoints.current()) {
      const socket = await tryConnect(endpoint)
      if (socket) return socket
    }
    if (!isRetry) await endpoints.refresh()
  }
  return undefined
}

function tryConnect(endpoint: GatewayEndpoint): Promise<Socket | undefined> {
  const { promise, resolve } = Promise.withResolvers<Socket | undefined>()
  const socket = connect({ ...endpoint, noDelay: true, keepAlive: true, allowHalfOpen: true })
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

/** Makes the same request on another connection, with the raw target and the headers as the visitor sent them. */
function forward({ method, rawHeaders, url }: IncomingMessage, gateway: Socket): ClientRequest {
  return httpRequest({
    method,
    path: url,
    headers: rawHeaders,
    setDefaultHeaders: false,
    createConnection: () => gateway,
  })
}

function headOf({ rawHeaders, statusCode = 502, statusMessage = '' }: IncomingMessage): string {
  return responseHead(statusCode, rawHeaders, statusMessage)
}
