import { LIMITS } from '@warm-pods/core/limits.ts'
import { SUBPROTOCOL } from '@warm-pods/core/socket.ts'
import { describe, expect, it } from 'vitest'
import { closeBytes, handshake, rawPeer, startPod, visitAs, within } from './_util.ts'

/** A heartbeat of a tenth of a second, with the rest of the table shrunk to keep its order. */
const QUICK = {
  heartbeatMs: 100,
  pingMs: 10,
  pingDeadlineMs: 20,
  deadAfterPings: 1,
  messagesPerSecond: 200,
  messageBurst: 400,
}

describe('frames of a visitor', () => {
  it('answers each ping with its sequence number and the time held, in whole microseconds', async () => {
    await using pod = await startPod()
    using visitor = await visitAs(pod)
    for (const seq of ['0', '1', '4294967295']) {
      visitor.ws.send(`p,${seq}`)
      const pong = await visitor.received((message) => message.startsWith(`p,${seq},`))
      expect(Number(pong.split(',')[2])).toBeLessThan(10_000_000)
    }
  })

  it('closes with 1008 and the expected form when a message is not part of the protocol', async () => {
    await using pod = await startPod()
    for (const message of [
      '',
      'p',
      'p,',
      'p,01',
      'p,-1',
      'p,1.5',
      'p,1,2',
      'P,1',
      ' p,1',
      'die,politely',
      '{}',
      'p,1\n',
    ]) {
      using visitor = await visitAs(pod)
      visitor.ws.send(message)
      expect(await visitor.closed, JSON.stringify(message)).toEqual({
        code: 1008,
        reason: expect.stringMatching(/Expected the text/),
      })
      expect(visitor.messages).toHaveLength(1)
    }
  })

  it('closes binary frames with 1008, even when their bytes are a ping', async () => {
    await using pod = await startPod()
    using visitor = await visitAs(pod)
    visitor.ws.send(Buffer.from('p,1'), { binary: true })
    expect(await visitor.closed).toMatchObject({ code: 1008 })
  })

  it('closes with 1009 for a frame over the limit, whole or fragmented', async () => {
    await using pod = await startPod()
    using whole = await visitAs(pod)
    whole.ws.send('x'.repeat(LIMITS.frameBytes + 1))
    expect(await whole.closed).toMatchObject({ code: 1009 })
    using pieces = await visitAs(pod)
    pieces.ws.send('x'.repeat(LIMITS.frameBytes), { fin: false })
    pieces.ws.send('x', { fin: true })
    expect(await pieces.closed).toMatchObject({ code: 1009 })
  })

  it('closes 1,000 messages a second with 4005 once the burst is spent', async () => {
    await using pod = await startPod()
    using visitor = await visitAs(pod)
    for (let seq = 0; seq < 1_000; seq++) visitor.ws.send(`p,${seq}`)
    expect(await visitor.closed).toEqual({
      code: 4005,
      reason: expect.stringMatching(/20 messages a second/),
    })
    const pongs = visitor.messages.length - 1
    expect(pongs).toBeGreaterThanOrEqual(LIMITS.messageBurst)
    expect(pongs).toBeLessThan(1_000)
  })

  it('counts protocol pings and unsolicited pongs as messages', async () => {
    await using pod = await startPod()
    for (const flood of ['ping', 'pong'] as const) {
      using visitor = await visitAs(pod)
      for (let i = 0; i < 1_000; i++) visitor.ws[flood]()
      expect(await visitor.closed).toMatchObject({ code: 4005 })
    }
  })

  it('accepts a whole burst at once', async () => {
    await using pod = await startPod()
    using visitor = await visitAs(pod)
    for (let seq = 0; seq < LIMITS.messageBurst; seq++) visitor.ws.send(`p,${seq}`)
    await visitor.received((message) => message.startsWith(`p,${LIMITS.messageBurst - 1},`))
    expect(visitor.ws.readyState).toBe(visitor.ws.OPEN)
  })

  it('answers a protocol ping once', async () => {
    await using pod = await startPod()
    using visitor = await visitAs(pod)
    const pongs: string[] = []
    visitor.ws.on('pong', (data) => pongs.push(String(data)))
    visitor.ws.ping('payload')
    visitor.ws.send('p,1')
    await visitor.received((message) => message.startsWith('p,1,'))
    expect(pongs).toEqual(['payload'])
  })
})

describe('heartbeat', () => {
  it('closes the connection of a peer that answers no ping', async () => {
    await using pod = await startPod(QUICK)
    using peer = await rawPeer(pod.port, handshake('/', `${SUBPROTOCOL}, ${await pod.token()}`))
    await peer.received('"hello"')
    await peer.received('\x89\x011')
    await peer.received(closeBytes(4008))
    await peer.ended
    await pod.logged('disconnected')
  })

  it('keeps an idle visitor whose browser answers protocol pings', async () => {
    await using pod = await startPod(QUICK)
    using visitor = await visitAs(pod)
    const beats = 5
    let seen = 0
    const enough = Promise.withResolvers<void>()
    visitor.ws.on('ping', () => {
      seen += 1
      if (seen === beats) enough.resolve()
    })
    await within(enough.promise, () => `Expected ${beats} protocol pings, got ${seen}.`)
    visitor.ws.send('p,1')
    await visitor.received((message) => message.startsWith('p,1,'))
  })
})
