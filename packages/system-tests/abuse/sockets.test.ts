import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { SUBPROTOCOL } from '@warm-pods/core/socket.ts'
import { listenOnLoopback } from '@warm-pods/local/http/loopback.ts'
import { describe, expect, it } from 'vitest'
import { IP, startBoth, until } from '../../local/tests/gateway/_util.ts'
import { handshake, rawPeer, startPod, visit } from '../../pod/tests/_util.ts'

const PATH = `/pod/${IP}`

// A second address of one's own takes Linux, where all of 127/8 is this machine.
describe.skipIf(process.platform !== 'linux')('a thousand sockets of one stranger', () => {
  it('come to eight at a time and none stays, while the owner comes in, pings and is heard', async () => {
    await using both = await startBoth()
    const strangers: Socket[] = []
    const answers: string[] = []
    for (let i = 0; i < 1_000; i++) {
      const socket = connect({ port: both.server.port, host: '127.0.0.1' })
      socket.on('error', () => socket.destroy())
      socket.once('data', (data) => answers.push(String(data).slice(9, 12)))
      socket.write(handshake(PATH, SUBPROTOCOL))
      strangers.push(socket)
    }
    const token = await both.pod.token()
    const url = `ws://127.0.0.1:${both.server.port}${PATH}`
    using owner = visit(url, [SUBPROTOCOL, token], { localAddress: '127.0.0.2' })
    await owner.heard((message) => message.includes('"hello"'))
    owner.ws.send('p,1')
    await owner.heard((message) => message.startsWith('p,1,'))
    await until(() => answers.length === 1_000)
    expect(new Set(answers)).toEqual(new Set(['101', '429']))
    expect(answers.filter((status) => status === '429').length).toBeGreaterThan(500)
    // No token: accepted only to be told so, and closed.
    for (const socket of strangers) socket.resume()
    await until(() => both.server.gateway.size === 1)
    for (const socket of strangers) socket.destroy()
    expect(both.pod.child.exitCode).toBeNull()
  })
})

describe('one who dawdles', () => {
  it('over the lines of a handshake is cut by the pod within seconds', async () => {
    await using pod = await startPod()
    const [first = '', ...rest] = handshake('/', SUBPROTOCOL).split('\r\n')
    using peer = await rawPeer(pod.port, `${first}\r\n`)
    let over = false
    void peer.ended.then(() => {
      over = true
    })
    for (const line of [...rest, ...Array.from({ length: 100 }, (_, i) => `X-${i}: y`)]) {
      if (over) break
      if (line !== '') peer.socket.write(`${line}\r\n`)
      await sleep(200)
    }
    await peer.ended
    expect(peer.text()).toMatch(/^HTTP\/1\.1 408 /)
  })

  it('over the head of a request is cut by the front too, and others are served meanwhile', async () => {
    const front = await listenOnLoopback(0, { onRequest: (_request, response) => void response.end('here') })
    try {
      using peer = await rawPeer(front.port, 'GET / HTTP/1.1\r\nHost: localhost\r\n')
      expect(await (await fetch(`http://127.0.0.1:${front.port}/`)).text()).toBe('here')
      await peer.ended
      expect(peer.text()).toMatch(/^HTTP\/1\.1 408 /)
    } finally {
      await front.close()
    }
  })

  it('inside a frame that never ends is cut by the heartbeat', async () => {
    const quick = { heartbeatMs: 200, pingMs: 20, pingDeadlineMs: 40, deadAfterPings: 1 }
    await using pod = await startPod({ ...quick, messagesPerSecond: 200, messageBurst: 400 })
    using peer = await rawPeer(pod.port, handshake('/', `${SUBPROTOCOL}, ${await pod.token()}`))
    await peer.received('"hello"')
    // A masked text frame of 1,000 bytes, of which one comes every 20 ms: no message ever, and no pong either.
    peer.socket.write(Buffer.from([0x81, 0xfe, 0x03, 0xe8, 1, 2, 3, 4]))
    const drip = setInterval(() => peer.socket.write('x'), 20)
    await peer.ended
    clearInterval(drip)
    await pod.logged('disconnected')
  })

  it('by sending garbage again and again gets 1008 each time, and never a second tenant’s place', async () => {
    await using pod = await startPod()
    for (const garbage of ['p,', 'p,-1', 'die,slowly', '\u0000', '{"type":"hello"}', 'x'.repeat(900)]) {
      using visitor = visit(pod.url, [SUBPROTOCOL, await pod.token()])
      await once(visitor.ws, 'open')
      visitor.ws.send(garbage)
      expect(await visitor.closed).toMatchObject({ code: 1008 })
    }
    using owner = visit(pod.url, [SUBPROTOCOL, await pod.token()])
    await owner.heard((message) => message.includes('"hello"'))
  })
})
