import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { quiet } from './_util.ts'

/** A bare listener in a pod's place: notes every connection and head, and by default agrees to upgrade. */
export interface Canary extends AsyncDisposable {
  readonly port: number
  readonly hits: number
  readonly heads: readonly string[]
  /** What came after the heads. */
  words(): string
  readonly sockets: readonly Socket[]
}

const AGREE = [
  'HTTP/1.1 101 Switching Protocols',
  'Upgrade: websocket',
  'Connection: Upgrade',
  'Set-Cookie: a=b',
  'Server: canary',
].join('\r\n')

/**
 * @param answer the bytes to answer a head with; null says nothing, as a frozen pod does.
 * @param options `allowHalfOpen`: it may go on speaking when the other side has ended; `firstWords`: what it says in one write with its agreement.
 */
export async function startCanary(
  answer?: string | null,
  { allowHalfOpen = false, firstWords = '' } = {},
): Promise<Canary> {
  const heads: string[] = []
  const sockets: Socket[] = []
  let words = ''
  const server = createServer({ allowHalfOpen }, (socket) => {
    sockets.push(quiet(socket))
    socket.once('data', (chunk) => {
      const head = chunk.toString('latin1')
      heads.push(head)
      socket.on('data', (more) => {
        words += more.toString('latin1')
      })
      if (answer !== null) socket.write(answer ?? `${agreeTo(head)}${firstWords}`)
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
    words: () => words,
    sockets,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

/** RFC 6455 section 4.2.2. */
function agreeTo(head: string): string {
  const key = /sec-websocket-key: (.*)\r\n/i.exec(head)?.[1] ?? ''
  const accept = createHash('sha1').update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest('base64')
  const offered = /sec-websocket-protocol: ([^,\r]*)/i.exec(head)?.[1]
  const agreed = offered ? `\r\nSec-WebSocket-Protocol: ${offered}` : ''
  return `${AGREE}\r\nSec-WebSocket-Accept: ${accept}${agreed}\r\n\r\n`
}
