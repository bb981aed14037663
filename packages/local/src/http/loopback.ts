import type { IncomingMessage, RequestListener, Server } from 'node:http'
import { isIPv6 } from 'node:net'
import { networkInterfaces } from 'node:os'
import type { Duplex } from 'node:stream'
import {
  applyHttpRules,
  isWebSocketUpgrade,
  KEEP_ALIVE_MS,
  refuseConnect,
  withHttpRules,
} from '@warm-pods/local-kubernetes/apiserver/http-rules.ts'
import { endWithStatus } from './upgrade.ts'

// An import of node:http would read all its exports. Some of those load undici, which takes 13 MB of memory.
const { createServer } = process.getBuiltinModule('node:http')

/**
 * @returns the addresses that `localhost` can resolve to on this machine. Browsers try both; curl and Node differ in which
 *   they try first.
 */
export function loopbackAddresses(): string[] {
  const all = Object.values(networkInterfaces()).flatMap((addresses) => addresses ?? [])
  return all.some(({ address }) => address === '::1') ? ['127.0.0.1', '::1'] : ['127.0.0.1']
}

/** `headersTimeout` is that of the nginx in `k8s/`, `requestTimeout` is that of API Gateway. Both in milliseconds. */
const SERVER_LIMITS = {
  maxHeaderSize: 32_768,
  headersTimeout: 5_000,
  requestTimeout: 30_000,
  keepAliveTimeout: KEEP_ALIVE_MS,
  connectionsCheckingInterval: 1_000,
} as const
const SERVER_OPTIONS = { ...SERVER_LIMITS, shouldUpgradeCallback: isWebSocketUpgrade }

export interface LoopbackServer {
  readonly port: number
  /** Closes the server and all its connections. */
  close(): Promise<void>
}

export interface LoopbackHandlers {
  readonly onRequest: RequestListener
  /** Called for upgrades to `websocket`. Other upgrades are ignored, so they get to `onRequest`. */
  readonly onUpgrade?: (request: IncomingMessage, socket: Duplex, head: Buffer) => void
}

/**
 * Starts one HTTP server on every loopback address, on the same port. Handlers get a target that starts with a slash, and one
 * Host header at most.
 * @param port 0 takes a free port.
 * @throws the error of `listen`, `EADDRINUSE` for a busy port.
 */
export async function listenOnLoopback(port: number, handlers: LoopbackHandlers): Promise<LoopbackServer> {
  const { onRequest, onUpgrade } = handlers
  const servers: Server[] = []
  const close = async () => {
    await Promise.all(servers.map(closeServer))
  }
  let actualPort = port
  try {
    for (const address of loopbackAddresses()) {
      const server = createServer(
        onUpgrade ? SERVER_OPTIONS : SERVER_LIMITS,
        withHttpRules((request, response) => {
          if (request.method !== 'TRACE') return onRequest(request, response)
          // As nginx, which passes no TRACE to its servers.
          response.writeHead(405, { connection: 'close' }).end()
        }),
      )
      refuseConnect(server)
      if (onUpgrade)
        server.on('upgrade', (request, socket, head) => {
          if (applyHttpRules(request)) onUpgrade(request, socket, head)
          else endWithStatus(socket, 400)
        })
      servers.push(server)
      actualPort = await listen(server, actualPort, address)
    }
  } catch (error) {
    await close()
    throw error
  }
  return { port: actualPort, close }
}

function listen(server: Server, port: number, host: string): Promise<number> {
  const { promise, resolve, reject } = Promise.withResolvers<number>()
  server.once('error', reject)
  server.listen({ port, host, ipv6Only: isIPv6(host) }, () => {
    server.off('error', reject)
    const address = server.address()
    resolve(typeof address === 'object' && address ? address.port : port)
  })
  return promise
}

function closeServer(server: Server): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>()
  // Closing a server that never listened is an error, which does not matter here.
  server.close(() => resolve())
  server.closeAllConnections()
  return promise
}
