import { once } from 'node:events'
import type { Server } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { SUBPROTOCOL } from '@warm-pods/core/socket.ts'
import { type WebSocket, WebSocketServer } from 'ws'
import type { PodConfig } from './config.ts'
import type { PodEvents } from './events.ts'
import { PodCounts } from './metrics/counts.ts'
import { type MetricsServer, startMetricsServer } from './metrics/metrics-server.ts'
import { respond, SOCKET_PATH, statusFor } from './plain-http.ts'
import { createSession, type Ending } from './session.ts'
import { checkToken } from './token-check.ts'

// An import of node:http would read all its exports. Some of those load undici, which costs 13 MiB and 40 ms.
const { createServer } = process.getBuiltinModule('node:http')

/** How long a peer may take to answer a close frame before the pod cuts the connection. Well below the grace period. */
const CLOSE_TIMEOUT_MS = 1_000
/** TCP connections of the whole server, the kubelet's readiness probes included. */
const MAX_CONNECTIONS = 64
const REQUEST_TIMEOUT_MS = 5_000
const HEADER_BYTES = 4_096

/** A running pod. */
export interface Pod {
  readonly ports: { readonly port: number; readonly metricsPort?: number }
  /** Resolves when the last socket and the port are closed. */
  readonly ended: Promise<Ending>
}

export interface PodOptions {
  readonly config: PodConfig
  readonly events: PodEvents
  /** Aborting it terminates the pod: refuse new sockets, send `terminating`, close the port. */
  readonly signal: AbortSignal
  readonly onKill: (how: 'crash' | 'freeze') => void
}

/**
 * Opens the pod's port: `/health` for the kubelet, and a WebSocket for the first session that presents a good token. With a port
 * for metrics it opens that too.
 * @throws the `listen` error, such as EADDRINUSE or EADDRNOTAVAIL.
 */
export async function startPod({ config, events, signal, onKill }: PodOptions): Promise<Pod> {
  const ended = Promise.withResolvers<Ending>()
  const webSockets = createSocketServer(config.limits.frameBytes)
  const sockets = webSockets.clients
  const counts = new PodCounts()
  const session = createSession({
    config,
    events,
    counts,
    sockets,
    onKill,
    onOver: () => stop('session over'),
  })
  let metrics: MetricsServer | undefined
  let serving = true

  const server = createServer(
    { maxHeaderSize: HEADER_BYTES, requestTimeout: REQUEST_TIMEOUT_MS, connectionsCheckingInterval: 1_000 },
    (request, response) => respond(request, response, statusFor(request.method, request.url, serving)),
  )
  server.maxConnections = MAX_CONNECTIONS
  server.on('upgrade', async (request, socket: Socket, head) => {
    // Until `ws` takes over the socket, no other listener handles its errors. An unhandled one would end the process.
    socket.on('error', () => socket.destroy())
    if (request.url !== SOCKET_PATH) {
      socket.end('HTTP/1.1 404 Not Found\r\nConnection: close\r\nContent-Length: 0\r\n\r\n')
      return
    }
    const check = await checkToken(request.headers['sec-websocket-protocol'], config.key, Date.now())
    webSockets.handleUpgrade(request, socket, head, (ws) => {
      ws.on('error', () => undefined) // `ws` itself closes with the right code (1002, 1007, 1009)
      session.receive(ws, socket, check)
    })
  })

  async function stop(ending: Ending): Promise<void> {
    if (!serving) return
    serving = false
    session.end(ending)
    await Promise.all([...sockets].map(closed))
    await closeServer(server)
    metrics?.close()
    ended.resolve(ending)
  }

  const { ip, metricsPort } = config
  if (metricsPort !== undefined) metrics = await startMetricsServer({ ip, metricsPort }, counts)
  const port = await listen(server, config).catch((error: unknown) => {
    metrics?.close()
    throw error
  })
  signal.addEventListener('abort', () => stop('terminated'), { once: true })
  if (signal.aborted) stop('terminated')
  return { ports: { port, ...(metrics ? { metricsPort: metrics.port } : {}) }, ended: ended.promise }
}

function createSocketServer(maxPayload: number): WebSocketServer {
  const options = {
    noServer: true,
    maxPayload,
    perMessageDeflate: false,
    autoPong: false, // visitor.ts answers pings, within the rate limit
    closeTimeout: CLOSE_TIMEOUT_MS,
    // The client offers the token as a subprotocol too. The response must not repeat it.
    handleProtocols: (offered: Set<string>) => (offered.has(SUBPROTOCOL) ? SUBPROTOCOL : false),
  } as const
  return new WebSocketServer(options)
}

async function listen(server: Server, { ip, port }: PodConfig): Promise<number> {
  server.listen(port, ip)
  await once(server, 'listening')
  return (server.address() as AddressInfo).port
}

/** `once` of node:events would reject on 'error'. Here 'close' always follows an 'error'. */
function closed(ws: WebSocket): Promise<void> {
  return new Promise((resolve) => ws.once('close', () => resolve()))
}

function closeServer(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve())
    server.closeAllConnections()
  })
}
