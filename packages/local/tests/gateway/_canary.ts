import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { quiet } from './_util.ts'

/** A TCP server in place of a pod. It records every connection and request head, and by default accepts the upgrade. */
export interface Canary extends AsyncDisposable {
  readonly port: number
  readonly hits: number
  readonly heads: readonly string[]
  /** @returns all bytes after the request heads. */
  received(): string
  readonly sockets: readonly Socket[]
}

const SWITCHING_PROTOCOLS = [
  'HTTP/1.1 101 Switching Protocols',
  'Upgrade: websocket',
  'Connection: Upgrade',
  'Set-Cookie: a=b',
  'Server: canary',
].join('\r\n')

/**
 * @param response the bytes to answer a request head with. With null it sends nothing, as a frozen pod.
 * @param options `allowHalfOpen`: it may still write after the other side has ended. `firstBytes`: sent in one write with the
 *   upgrade response.
 */
export async function startCanary(
  response?: string | null,
  { allowHalfOpen = false, firstBytes = '' } = {},
): Promise<Canary> {
  const heads: string[] = []
  const sockets: Socket[] = []
  let received = ''
  const server = createServer({ allowHalfOpen }, (socket) => {
    sockets.push(quiet(socket))
    socket.once('data', (chunk) => {
      const head = chunk.toString('latin1')
      heads.push(head)
      socket.on('data', (more) => {
        received += more.toString('latin1')
      })
      if (response !== null) socket.write(response ?? `${upgradeResponse(head)}${firstBytes}`)
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    port: (server.address() as AddressInfo).port,
    get hits() {
      return sockets.length
    },
    heads,
    received: () => received,
    sockets,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

/** RFC 6455 section 4.2.2. */
function upgradeResponse(head: string): string {
  const key = /sec-websocket-key: (.*)\r\n/i.exec(head)?.[1] ?? ''
  const accept = createHash('sha1').update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest('base64')
  const offered = /sec-websocket-protocol: ([^,\r]*)/i.exec(head)?.[1]
  const agreed = offered ? `\r\nSec-WebSocket-Protocol: ${offered}` : ''
  return `${SWITCHING_PROTOCOLS}\r\nSec-WebSocket-Accept: ${accept}${agreed}\r\n\r\n`
}
