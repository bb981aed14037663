import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { startPod } from '../../../pod/tests/_util.ts'
import { createGateway, type Gateway, type GatewayOptions } from '../../src/gateway/gateway.ts'

export interface GatewayServer extends AsyncDisposable {
  readonly gateway: Gateway
  readonly port: number
  /** @returns the number of open TCP connections of visitors. */
  connections(): Promise<number>
}

/** Starts a gateway on a free port, mounted as in the dev server. */
export async function startGateway(options: GatewayOptions): Promise<GatewayServer> {
  const gateway = createGateway(options)
  const server = createServer((request, response) => gateway.request(request, response))
  server.on('upgrade', (request, socket, head) => gateway.upgrade(request, socket, head))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    gateway,
    port: (server.address() as AddressInfo).port,
    connections: () =>
      new Promise((resolve, reject) =>
        server.getConnections((error, count) => (error ? reject(error) : resolve(count))),
      ),
    async [Symbol.asyncDispose]() {
      await gateway[Symbol.asyncDispose]()
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

/** Polls until `condition` is true. The time-out of the test ends the wait. */
export async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await condition())) await new Promise((resolve) => setTimeout(resolve, 5))
}

/** Ignores the errors of a socket. */
export function quiet(socket: Socket): Socket {
  socket.on('error', () => socket.destroy())
  return socket
}

/** The address under which the gateway of {@link startBoth} knows its pod. */
export const IP = '127.88.0.2'

/** Starts a real pod behind a gateway. */
export async function startBoth() {
  const pod = await startPod()
  const server = await startGateway({
    resolve: (ip) => (ip === IP ? { host: '127.0.0.1', port: pod.port } : undefined),
  })
  return {
    pod,
    server,
    async [Symbol.asyncDispose]() {
      await server[Symbol.asyncDispose]()
      await pod[Symbol.asyncDispose]()
    },
  }
}
