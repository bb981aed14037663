import type { IncomingMessage, RequestListener, Server } from 'node:http'
import { createServer as createHttpServer } from 'node:http'
import { createServer as createHttpsServer } from 'node:https'
import type { Duplex } from 'node:stream'
import type { Certificates } from './certificates.ts'

export interface Handlers {
  readonly onRequest: RequestListener
  readonly onUpgrade?: (request: IncomingMessage, socket: Duplex, head: Buffer) => void
}

export interface RunningServer extends AsyncDisposable {
  readonly port: number
}

/** Starts a server on a free port of 127.0.0.1. @param certificates for TLS; without them it speaks plain HTTP. */
export async function startServer(handlers: Handlers, certificates?: Certificates): Promise<RunningServer> {
  const { onRequest, onUpgrade } = handlers
  const server: Server = certificates
    ? createHttpsServer({ cert: certificates.cert, key: certificates.key }, onRequest)
    : createHttpServer(onRequest)
  // Watches and uploads of archives take as long as they take.
  server.requestTimeout = 0
  if (onUpgrade) server.on('upgrade', onUpgrade)
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  server.once('error', reject)
  server.listen(0, '127.0.0.1', resolve)
  await promise
  const address = server.address()
  return {
    port: typeof address === 'object' && address ? address.port : 0,
    async [Symbol.asyncDispose]() {
      const closed = new Promise((done) => server.close(done))
      server.closeAllConnections()
      await closed
    },
  }
}
