import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { SUBPROTOCOL } from '@warm-pods/core/socket.ts'
import { listenOnLoopback } from '@warm-pods/local/http/loopback.ts'
import { describe, expect, it } from 'vitest'
import { IP, startBoth, until } from '../../local/tests/gateway/_util.ts'
import { handshake, rawPeer, startPod, visit } from '../../pod/tests/_util.ts'

const PATH = `/pod/${IP}`

// Linux only: there, every address in 127/8 belongs to this machine.
describe.skipIf(process.platform !== 'linux')('a thousand sockets of one address', () => {
  it('are limited to eight at a time and get closed, while the pod’s owner connects and pings', async () => {
    await using both = await startBoth()
    const attackers: Socket[] = []
    const statuses: string[] = []
    for (let i = 0; i < 1_000; i++) {
      const socket = connect({ port: both.server.port, host: '127.0.0.1' })
      socket.on('error', () => socket.destroy())
      socket.once('data', (data) => statuses.push(String(data).slice(9, 12)))
      socket.write(handshake(PATH, SUBPROTOCOL))
      attackers.push(socket)
    }
    const token = await both.pod.token()
    const url = `ws://127.0.0.1:${both.server.port}${PATH}`
    using owner = visit(url, [SUBPROTOCOL, token], { localAddress: '127.0.0.2' })
    await owner.received((message) => message.includes('"hello"'))
    owner.ws.send('p,1')
    await owner.received((message) => message.startsWith('p,1,'))
    await until(() => statuses.length === 1_000)
    expect(new Set(statuses)).toEqual(new Set(['101', '429']))
    expect(statuses.filter((status) => status === '429').length).toBeGreaterThan(500)
    // The pod accepts a socket without a token, sends the close code for it, and closes.
    for (const socket of attackers) socket.resume()
    await until(() => both.server.gateway.size === 1)
    for (const socket of attackers) socket.destroy()
    expect(both.pod.child.exitCode).toBeNull()
  })
})

describe('a slow or malformed client', () => {
  it('gets 408 from the pod when it sends the lines of a handshake slowly', async () => {
    await using pod = await startPod()
    const [first = '', ...rest] = handshake('/', SUBPROTOCOL).split('\r\n')
    using peer = await rawPeer(pod.port, `${first}\r\n`)
    let hasEnded = false
    void peer.ended.then(() => {
      hasEnded = true
    })
    for (const line of [...rest, ...Array.from({ length: 100 }, (_, i) => `X-${i}: y`)]) {
      if (hasEnded) break
      if (line !== '') peer.socket.write(`${line}\r\n`)
      await sleep(200)
    }
    await peer.ended
    expect(peer.text()).toMatch(/^HTTP\/1\.1 408 /)
  })

  it('gets 408 from the dev server when it sends a request head slowly, and other clients are served meanwhile', async () => {
    const devServer = await listenOnLoopback(0, {
      onRequest: (_request, response) => void response.end('here'),
    })
    try {
      using peer = await rawPeer(devServer.port, 'GET / HTTP/1.1\r\nHost: localhost\r\n')
      expect(await (await fetch(`http://127.0.0.1:${devServer.port}/`)).text()).toBe('here')
      await peer.ended
      expect(peer.text()).toMatch(/^HTTP\/1\.1 408 /)
    } finally {
      await devServer.close()
    }
  })

  it('is disconnected by the heartbeat when it sends a frame that never ends', async () => {
    const quick = { heartbeatMs: 200, pingMs: 20, pingDeadlineMs: 40, deadAfterPings: 1 }
    await using pod = await startPod({ ...quick, messagesPerSecond: 200, messageBurst: 400 })
    using peer = await rawPeer(pod.port, handshake('/', `${SUBPROTOCOL}, ${await pod.token()}`))
    await peer.received('"hello"')
    // A masked text frame of 1,000 bytes, sent one byte every 20 ms: it contains no message and no pong.
    peer.socket.write(Buffer.from([0x81, 0xfe, 0x03, 0xe8, 1, 2, 3, 4]))
    const drip = setInterval(() => peer.socket.write('x'), 20)
    await peer.ended
    clearInterval(drip)
    await pod.logged('disconnected')
  })

  it('gets 1008 for every malformed message, and the pod stays free for its owner', async () => {
    await using pod = await startPod()
    for (const garbage of ['p,', 'p,-1', 'die,slowly', '\u0000', '{"type":"hello"}', 'x'.repeat(900)]) {
      using visitor = visit(pod.url, [SUBPROTOCOL, await pod.token()])
      await once(visitor.ws, 'open')
      visitor.ws.send(garbage)
      expect(await visitor.closed).toMatchObject({ code: 1008 })
    }
    using owner = visit(pod.url, [SUBPROTOCOL, await pod.token()])
    await owner.received((message) => message.includes('"hello"'))
  })
})
