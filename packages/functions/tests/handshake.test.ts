import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type RequestListener } from 'node:http'
import { type AddressInfo, createServer as createTcpServer, type Socket } from 'node:net'
import { SUBPROTOCOL } from '@warm-pods/core/socket.ts'
import { describe, expect, it } from 'vitest'
import { IP, startBoth, until } from '../../local/tests/gateway/_util.ts'
import { visitAs } from '../../pod/tests/_util.ts'
import { createGateway } from '../src/gateway/gateway.ts'
import { gatewayHandshake } from '../src/gateway/handshake.ts'

const DEADLINE_MS = 150

interface Answering extends AsyncDisposable {
  readonly url: string
}

/** A gateway that answers plain requests so, and upgrades so; it holds upgrades without an answer by default. */
async function answering(
  request: RequestListener | undefined,
  upgrade?: (socket: Socket, key: string) => void,
): Promise<Answering> {
  const server = createServer(request)
  const sockets = new Set<Socket>()
  server.on('connection', (socket: Socket) => sockets.add(socket.on('error', () => socket.destroy())))
  if (!request)
    server.on('upgrade', ({ headers }, socket) =>
      upgrade?.(socket as Socket, String(headers['sec-websocket-key'])),
    )
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

const status =
  (code: number, headers: Record<string, string> = {}): RequestListener =>
  (_request, response) =>
    void response.writeHead(code, headers).end()

/** Answers 101 as a pod does, then sends these bytes in one write for each. */
const opening =
  (frames: readonly Buffer[], protocol = SUBPROTOCOL) =>
  (socket: Socket, key: string): void => {
    const accept = createHash('sha1').update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest('base64')
    socket.write(
      `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\nSec-WebSocket-Protocol: ${protocol}\r\n\r\n`,
    )
    for (const frame of frames) setImmediate(() => socket.write(frame))
  }

const close = (code: number): Buffer => Buffer.from([0x88, 2, code >> 8, code & 255])

async function handshakeWith(gateway: Promise<Answering>) {
  await using server = await gateway
  return await gatewayHandshake(server.url, DEADLINE_MS)('10.0.0.1')
}

describe('a handshake through the gateway', () => {
  it('is answered by a pod, which then still accepts its visitor and counts no socket', async () => {
    await using both = await startBoth()
    const handshake = gatewayHandshake(`ws://127.0.0.1:${both.server.port}`)
    for (let i = 0; i < 20; i++) expect(await handshake(IP)).toEqual({ reach: 'answers' })
    await until(() => both.server.gateway.size === 0)
    using visitor = await visitAs(both.pod)
    expect(await handshake(IP)).toEqual({ reach: 'answers' })
    expect(visitor.ws.readyState).toBe(visitor.ws.OPEN)
    expect(await handshake('127.88.0.9')).toMatchObject({
      reach: 'no_answer',
      problem: expect.stringMatching(/^answered 404/),
    })
  })

  it.each([
    [502, {}, 'no_answer', /^answered 502/],
    [504, {}, 'no_answer', /^answered 504/],
    [404, {}, 'no_answer', /^answered 404/],
    [429, {}, 'limited', /^answered 429/],
    [503, {}, 'gateway_down', /no gateway is available/],
    [502, { server: 'awselb/2.0' }, 'gateway_down', /no gateway is available/],
    [200, {}, 'gateway_down', /^answered 200 instead/],
  ] as const)('that is answered by %i %o is %s', async (code, headers, reach, problem) => {
    expect(await handshakeWith(answering(status(code, headers)))).toEqual({
      reach,
      problem: expect.stringMatching(problem),
    })
  })

  it('is not answered by a frozen pod, a pod that ends, or another server at its address', async () => {
    expect(await handshakeWith(answering(undefined))).toMatchObject({ reach: 'no_answer' })
    const ending = opening([close(4001)])
    expect(await handshakeWith(answering(undefined, ending))).toMatchObject({
      reach: 'no_answer',
      problem: expect.stringContaining('4001'),
    })
    const other = opening([close(4003)], 'chat')
    expect(await handshakeWith(answering(undefined, other))).toMatchObject({ reach: 'gateway_down' })
    const silent = opening([])
    expect(await handshakeWith(answering(undefined, silent))).toMatchObject({ reach: 'no_answer' })
  })

  it('reads a close frame that arrives in pieces', async () => {
    const frame = close(4003)
    const pieces = opening([frame.subarray(0, 1), frame.subarray(1, 3), frame.subarray(3)])
    expect(await handshakeWith(answering(undefined, pieces))).toEqual({ reach: 'answers' })
  })

  it('finds a gateway down that refuses connections, has no address, or speaks no TLS', async () => {
    const closed = createTcpServer().listen(0, '127.0.0.1')
    await once(closed, 'listening')
    const { port } = closed.address() as AddressInfo
    closed.close()
    for (const [url, words] of [
      [`ws://127.0.0.1:${port}`, 'cannot be reached (ECONNREFUSED)'],
      ['wss://gateway.invalid', 'cannot be reached (E'],
    ] as const)
      expect(await gatewayHandshake(url)('10.0.0.1')).toEqual({
        reach: 'gateway_down',
        problem: expect.stringContaining(words),
      })
    await using plain = await answering(status(200))
    const overTls = gatewayHandshake(plain.url.replace('http', 'wss'))
    expect(await overTls('10.0.0.1')).toMatchObject({ reach: 'gateway_down' })
  })
})

describe(createGateway, () => {
  it('shares a handshake among concurrent calls and for one second, and then makes another', async () => {
    let atMs = 0
    let handshakes = 0
    const gateway = createGateway(
      async () => {
        handshakes++
        return { reach: 'answers' }
      },
      { monotonic: () => atMs, now: () => atMs },
    )
    await Promise.all([gateway.recent('a'), gateway.recent('a'), gateway.recent('b')])
    expect(handshakes).toBe(2)
    atMs = 1_000
    await gateway.recent('a')
    expect(handshakes).toBe(2)
    atMs = 1_001
    expect(await gateway.recent('a')).toEqual({ reach: 'answers', atMs: 1_001 })
    expect(handshakes).toBe(3)
  })
})
