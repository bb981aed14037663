import type { IncomingMessage, RequestListener, Server } from 'node:http'
import { createServer } from 'node:http'
import { isIPv6 } from 'node:net'
import { networkInterfaces } from 'node:os'
import type { Duplex } from 'node:stream'

/**
 * The addresses that `localhost` may mean here: browsers try both, and curl and Node differ in which they try first.
 */
export function loopbackAddresses(): string[] {
  const all = Object.values(networkInterfaces()).flatMap((addresses) => addresses ?? [])
  return all.some(({ address }) => address === '::1') ? ['127.0.0.1', '::1'] : ['127.0.0.1']
}

/** The time for a head is that of the nginx in `k8s/`; a whole request may take as long as API Gateway lets it. */
const BOUNDS = {
  maxHeaderSize: 32_768,
  headersTimeout: 5_000,
  requestTimeout: 30_000,
  connectionsCheckingInterval: 1_000,
} as const

export interface LoopbackServer {
  readonly port: number
  close(): Promise<void>
}

export interface LoopbackHandlers {
  readonly onRequest: RequestListener
  readonly onUpgrade?: (request: IncomingMessage, socket: Duplex, head: Buffer) => void
}

/**
 * One HTTP service on every loopback address, on the same port.
 * @param port 0 takes a free one.
 * @throws the error of `listen`, `EADDRINUSE` for a busy port.
 */
export async function listenOnLoopback(port: number, handlers: LoopbackHandlers): Promise<LoopbackServer> {
  const servers: Server[] = []
  const close = async () => {
    await Promise.all(servers.map(closeServer))
  }
  let taken = port
  try {
    for (const address of loopbackAddresses()) {
      const server = createServer(BOUNDS, handlers.onRequest)
      if (handlers.onUpgrade) server.on('upgrade', handlers.onUpgrade)
      servers.push(server)
      taken = await listen(server, taken, address)
    }
  } catch (error) {
    await close()
    throw error
  }
  return { port: taken, close }
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
  // A server that never listened reports that as an error; it is as closed as we need it.
  server.close(() => resolve())
  server.closeAllConnections()
  return promise
}
