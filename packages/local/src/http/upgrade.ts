/** Helpers of the WebSocket proxies: raw HTTP/1.1 response heads, and pipes between two upgraded connections. */
import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'

// An import of node:http would read all its exports. Some of those load undici, which takes 13 MB of memory.
const { STATUS_CODES } = process.getBuiltinModule('node:http')

/** After one side has ended, how long the other may still read and write. Then both are destroyed. */
const LINGER_MS = 2_000

/**
 * @param rawHeaders names and values in turn, as in `IncomingMessage.rawHeaders`.
 * @returns the head of a response as bytes of a connection, with the empty line at its end.
 */
export function responseHead(
  status: number,
  rawHeaders: readonly string[],
  reason: string = STATUS_CODES[status] ?? '',
): string {
  const lines = [`HTTP/1.1 ${status} ${reason}`]
  for (let i = 0; i < rawHeaders.length; i += 2) lines.push(`${rawHeaders[i]}: ${rawHeaders[i + 1]}`)
  return `${lines.join('\r\n')}\r\n\r\n`
}

/** Answers an upgrade request with an error without a body, and ends the connection. */
export function endWithStatus(socket: Duplex, status: number): void {
  socket.end(responseHead(status, ['Connection', 'close', 'Content-Length', '0']))
}

export interface UpgradedConnections {
  readonly client: Duplex
  /** Bytes that the client sent right after its request. */
  readonly clientHead: Buffer
  readonly server: Duplex
  /** Bytes that the server sent right after its 101 response. */
  readonly serverHead: Buffer
  /** The 101 response for the client, from {@link responseHead}. */
  readonly response: string
}

/** Completes an upgrade: writes the 101 response and the first bytes of both sides, then pipes both ways. */
export function pipeUpgraded(connections: UpgradedConnections): void {
  const { client, clientHead, response, server, serverHead } = connections
  client.write(response)
  if (serverHead.length > 0) client.write(serverHead)
  if (clientHead.length > 0) server.write(clientHead)
  pipeBoth(client, server)
}

/**
 * Pipes two connections into each other byte for byte, so frames, close codes and their absence (1006) arrive unchanged.
 * When one side ends, the other is ended after the last byte. When one side breaks, the other is destroyed after 2 s at most.
 */
export function pipeBoth(one: Duplex, other: Duplex): void {
  let linger: NodeJS.Timeout | undefined
  const startLinger = (): void => {
    linger ??= setTimeout(() => {
      one.destroy()
      other.destroy()
    }, LINGER_MS)
  }
  const forward = (from: Duplex, to: Duplex): void => {
    from.on('error', () => from.destroy())
    from.once('end', startLinger)
    from.once('close', () => {
      if (to.destroyed) return clearTimeout(linger)
      // Ended, not destroyed: a close frame may still be on its way to a slow reader.
      to.end()
      startLinger()
    })
    from.pipe(to)
  }
  forward(one, other)
  forward(other, one)
}

/** Destroys both sides when the server's connection has had no traffic in either direction for `idleMs`. */
export function destroyWhenIdle(server: Socket, client: Duplex, idleMs: number): void {
  server.setTimeout(idleMs, () => {
    client.destroy()
    server.destroy()
  })
}
