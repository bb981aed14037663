import { once } from 'node:events'
import type { Server } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { SUBPROTOCOL } from '@warm-pods/core/socket.ts'
import { type WebSocket, WebSocketServer } from 'ws'
import { examine } from './admission.ts'
import type { PodConfig } from './config.ts'
import type { PodEvents } from './events.ts'
import { answer, SOCKET_PATH, statusFor } from './plain-http.ts'
import { createSession, type Ending } from './session.ts'

// Not an import: one of node:http reads every export it has, also those that load undici, for 13 MiB and 40 ms.
const { createServer } = process.getBuiltinModule('node:http')

/** How long a peer may take to answer a close before its connection is cut; well inside the grace. */
const CLOSE_TIMEOUT_MS = 1_000
/** TCP connections in all, the kubelet's probes included. */
const CONNECTIONS = 64
const REQUEST_TIMEOUT_MS = 5_000
const HEADER_BYTES = 4_096

export interface Pod {
  readonly port: number
  /** Resolves when the last socket and the port are closed. */
  readonly ended: Promise<Ending>
}

export interface PodOptions {
  readonly config: PodConfig
  readonly events: PodEvents
  /** Aborting it is the order to terminate: refuse, say goodbye, close. */
  readonly signal: AbortSignal
  readonly onDie: (how: 'crash' | 'freeze') => void
}

/**
 * Opens the pod's port: `/health` for the kubelet, a WebSocket for the one session whose token comes first.
 * @throws the `listen` error (EADDRINUSE, EADDRNOTAVAIL) when the address cannot be had.
 */
export async function startPod({ config, events, signal, onDie }: PodOptions): Promise<Pod> {
  const ended = Promise.withResolvers<Ending>()
  const webSockets = createSocketServer(config.limits.frameBytes)
  const sockets = webSockets.clients
  const session = createSession({ config, events, sockets, onDie, onOver: () => stop('session over') })
  let serving = true

  const server = createServer(
    { maxHeaderSize: HEADER_BYTES, requestTimeout: REQUEST_TIMEOUT_MS, connectionsCheckingInterval: 1_000 },
    (request, response) => answer(request, response, statusFor(request.method, request.url, serving)),
  )
  server.maxConnections = CONNECTIONS
  server.on('upgrade', async (request, socket: Socket, head) => {
    // Until `ws` takes the socket over, nobody else would hear its errors, and an unheard one ends the process.
    socket.on('error', () => socket.destroy())
    if (request.url !== SOCKET_PATH) {
      socket.end('HTTP/1.1 404 Not Found\r\nConnection: close\r\nContent-Length: 0\r\n\r\n')
      return
    }
    const admission = await examine(request.headers['sec-websocket-protocol'], config.key, Date.now())
    webSockets.handleUpgrade(request, socket, head, (ws) => {
      ws.on('error', () => undefined) // `ws` closes by itself with the right code (1002, 1007, 1009); 'close' tells us.
      session.receive(ws, socket, admission)
    })
  })

  async function stop(ending: Ending): Promise<void> {
    if (!serving) return
    serving = false
    session.end(ending)
    await Promise.all([...sockets].map(closed))
    await closeServer(server)
    ended.resolve(ending)
  }

  const port = await listen(server, config)
  signal.addEventListener('abort', () => stop('terminated'), { once: true })
  if (signal.aborted) stop('terminated')
  return { port, ended: ended.promise }
}

function createSocketServer(maxPayload: number): WebSocketServer {
  const options = {
    noServer: true,
    maxPayload,
    perMessageDeflate: false,
    autoPong: false, // a visitor's code answers pings, within the rate
    closeTimeout: CLOSE_TIMEOUT_MS,
    // The token is offered as a subprotocol too, and must not travel back.
    handleProtocols: (offered: Set<string>) => (offered.has(SUBPROTOCOL) ? SUBPROTOCOL : false),
  } as const
  return new WebSocketServer(options)
}

async function listen(server: Server, { ip, port }: PodConfig): Promise<number> {
  server.listen(port, ip)
  await once(server, 'listening')
  return (server.address() as AddressInfo).port
}

/** Not `once` of node:events: that one rejects on 'error', which here only ever comes before 'close'. */
function closed(ws: WebSocket): Promise<void> {
  return new Promise((resolve) => ws.once('close', () => resolve()))
}

function closeServer(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve())
    server.closeAllConnections()
  })
}
