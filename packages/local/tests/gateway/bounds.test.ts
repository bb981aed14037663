import { once } from 'node:events'
import { describe, expect, it } from 'vitest'
import { handshake, rawPeer } from '../../../pod/tests/_util.ts'
import { type Canary, startCanary } from './_canary.ts'
import { startFullListener } from './_full-listener.ts'
import { startGateway, until } from './_util.ts'

const TARGET = handshake('/pod/127.88.0.2', 'warm-pods.v1')

const to = (port: number) => () => ({ host: '127.0.0.1', port })

async function joined(port: number, canary: Canary) {
  const visitor = await rawPeer(port, TARGET)
  await visitor.received('\r\n\r\n')
  const pod = canary.sockets.at(-1)
  if (!pod) throw new Error('The gateway answered without a pod.')
  return { visitor, pod }
}

describe('the limits of the gateway', () => {
  it('answers the ninth socket of one address with 429, and accepts another after one has closed', async () => {
    await using canary = await startCanary()
    await using server = await startGateway({ resolve: to(canary.port) })
    const eight = await Promise.all(Array.from({ length: 8 }, () => rawPeer(server.port, TARGET)))
    await Promise.all(eight.map((peer) => peer.received(' 101 ')))
    using ninth = await rawPeer(server.port, TARGET)
    await ninth.received('HTTP/1.1 429 ')
    using elsewhere = await rawPeer(server.port, TARGET.replace('Host', 'X-Forwarded-For: 9.9.9.9\r\nHost'))
    await elsewhere.received('HTTP/1.1 429 ')
    eight[0]?.socket.destroy()
    await until(() => server.gateway.size === 7)
    using next = await rawPeer(server.port, TARGET)
    await next.received(' 101 ')
    for (const peer of eight) peer[Symbol.dispose]()
  })

  it('answers 503 at the limit of all sockets', async () => {
    await using canary = await startCanary()
    await using server = await startGateway({ resolve: to(canary.port), maxSockets: 1 })
    using first = await rawPeer(server.port, TARGET)
    await first.received(' 101 ')
    using second = await rawPeer(server.port, TARGET)
    await second.received('HTTP/1.1 503 ')
  })

  it('answers 502 when the pod’s port is closed', async () => {
    const canary = await startCanary()
    await canary[Symbol.asyncDispose]()
    await using server = await startGateway({ resolve: to(canary.port) })
    using visitor = await rawPeer(server.port, TARGET)
    await visitor.received('HTTP/1.1 502 ')
    await visitor.ended
  })

  it('answers 504 when the pod does not accept the connection in time', async () => {
    await using listener = await startFullListener()
    await using server = await startGateway({ resolve: to(listener.port), connectTimeoutMs: 50 })
    using visitor = await rawPeer(server.port, TARGET)
    await visitor.received('HTTP/1.1 504 ')
  })

  it('answers 504 when a frozen pod accepts the connection and never responds', async () => {
    await using canary = await startCanary(null)
    await using server = await startGateway({ resolve: to(canary.port), answerTimeoutMs: 50 })
    using visitor = await rawPeer(server.port, TARGET)
    await visitor.received('HTTP/1.1 504 ')
    const pod = canary.sockets[0]
    await until(() => pod?.destroyed === true || pod?.readableEnded === true)
  })

  it.each([
    ['a page', 'HTTP/1.1 200 OK\r\nContent-Length: 6\r\nSet-Cookie: a=b\r\n\r\nsecret', 502],
    ['its own failure', 'HTTP/1.1 500 Oops\r\nContent-Length: 6\r\n\r\nsecret', 502],
    ['a redirect', 'HTTP/1.1 302 Found\r\nLocation: http://169.254.169.254/\r\n\r\n', 502],
    ['no HTTP', 'secret\r\n\r\n', 502],
    ['a refusal of the handshake', 'HTTP/1.1 400 Bad Request\r\nContent-Length: 6\r\n\r\nsecret', 400],
    ['another version', 'HTTP/1.1 426 Upgrade Required\r\nContent-Length: 0\r\n\r\n', 426],
  ])('forwards nothing of a pod’s response with %s', async (_name, response, status) => {
    await using canary = await startCanary(response)
    await using server = await startGateway({ resolve: to(canary.port) })
    using visitor = await rawPeer(server.port, TARGET)
    await visitor.ended
    expect(visitor.text()).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `))
    expect(visitor.text()).not.toMatch(/secret|169\.254|cookie/i)
  })
})

describe('the tunnel between visitor and pod', () => {
  it('moves one megabyte unchanged in both directions', async () => {
    await using canary = await startCanary()
    await using server = await startGateway({ resolve: to(canary.port) })
    const { visitor, pod } = await joined(server.port, canary)
    const bytes = Buffer.from(Array.from({ length: 1_000_000 }, (_, i) => (i * 7) & 255))
    const echoed: Buffer[] = []
    pod.on('data', (chunk) => pod.write(chunk))
    visitor.socket.on('data', (chunk) => echoed.push(chunk))
    visitor.socket.write(bytes)
    await until(() => echoed.reduce((sum, chunk) => sum + chunk.length, 0) === bytes.length)
    expect(Buffer.concat(echoed).equals(bytes)).toBe(true)
    visitor[Symbol.dispose]()
  })

  it('passes a half-close of the visitor on, and then the pod’s remaining bytes', async () => {
    await using canary = await startCanary(undefined, { allowHalfOpen: true })
    await using server = await startGateway({ resolve: to(canary.port) })
    const { visitor, pod } = await joined(server.port, canary)
    const podEnded = once(pod, 'end')
    pod.resume()
    visitor.socket.end('last words')
    await podEnded
    pod.end('last reply')
    await visitor.received('last reply')
    await visitor.ended
    await until(() => server.gateway.size === 0)
  })

  it('passes a half-close of the pod on, and then the visitor’s remaining bytes', async () => {
    await using canary = await startCanary(undefined, { allowHalfOpen: true })
    await using server = await startGateway({ resolve: to(canary.port) })
    const { visitor, pod } = await joined(server.port, canary)
    pod.end('goodbye')
    await visitor.received('goodbye')
    await visitor.ended
    visitor.socket.end('bye')
    await until(() => canary.received() === 'bye')
    await until(() => server.gateway.size === 0)
  })

  it('loses no bytes that arrive in one write with a handshake', async () => {
    await using canary = await startCanary(undefined, { firstBytes: 'hello visitor' })
    await using server = await startGateway({ resolve: to(canary.port) })
    using visitor = await rawPeer(server.port, `${TARGET}hello pod`)
    await visitor.received('\r\n\r\nhello visitor')
    await until(() => canary.received() === 'hello pod')
  })

  it('destroys a connection with an error response that the visitor does not close', async () => {
    await using server = await startGateway({ resolve: () => undefined })
    using visitor = await rawPeer(server.port, TARGET)
    await visitor.received('HTTP/1.1 404 ')
    await until(async () => (await server.connections()) === 0)
  })

  it('delivers the last bytes of a pod that closes right after them', async () => {
    await using canary = await startCanary()
    await using server = await startGateway({ resolve: to(canary.port) })
    const { visitor, pod } = await joined(server.port, canary)
    pod.write('goodbye', () => pod.destroy())
    await visitor.received('goodbye')
    await visitor.ended
    await until(() => server.gateway.size === 0)
  })

  it('destroys a half-open connection of a visitor whose pod is gone', async () => {
    await using canary = await startCanary()
    await using server = await startGateway({ resolve: to(canary.port) })
    const { visitor, pod } = await joined(server.port, canary)
    pod.resetAndDestroy()
    await visitor.ended
    await until(async () => server.gateway.size === 0 && (await server.connections()) === 0)
  })

  it('ends both sides after the idle time-out', async () => {
    await using canary = await startCanary()
    await using server = await startGateway({ resolve: to(canary.port), idleMs: 50 })
    const { visitor, pod } = await joined(server.port, canary)
    pod.resume()
    await Promise.all([visitor.ended, once(pod, 'close')])
    await until(() => server.gateway.size === 0)
  })

  it('closes the connection to the pod when the visitor leaves before the response', async () => {
    await using canary = await startCanary(null)
    await using server = await startGateway({ resolve: to(canary.port) })
    const visitor = await rawPeer(server.port, TARGET)
    await until(() => canary.heads.length === 1)
    visitor.socket.resetAndDestroy()
    await until(() => server.gateway.size === 0)
    await until(() => canary.sockets[0]?.readableEnded === true || canary.sockets[0]?.destroyed === true)
  })

  it('destroys every socket when it is disposed, and accepts no more', async () => {
    await using canary = await startCanary()
    await using server = await startGateway({ resolve: to(canary.port) })
    const { visitor, pod } = await joined(server.port, canary)
    pod.resume()
    await server.gateway[Symbol.asyncDispose]()
    await Promise.all([visitor.ended, once(pod, 'close')])
    using late = await rawPeer(server.port, TARGET)
    await late.received('HTTP/1.1 503 ')
  })
})
