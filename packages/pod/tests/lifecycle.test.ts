import { SUBPROTOCOL } from '@warm-pods/core/socket.ts'
import { describe, expect, it } from 'vitest'
import { handshake, podEnvironment, rawPeer, spawnPod, startPod, visit, visitAs } from './_util.ts'

describe('how a pod ends', () => {
  it.each(['SIGTERM', 'SIGINT'] as const)(
    'on %s sends terminating, closes with 4001 and exits 143',
    async (signal) => {
      await using pod = await startPod()
      using visitor = await visitAs(pod)
      pod.child.kill(signal)
      expect(await visitor.closed).toEqual({ code: 4001, reason: 'The pod is being terminated.' })
      expect(visitor.messages.map((message) => JSON.parse(message).type)).toEqual(['hello', 'terminating'])
      expect(await pod.exit).toEqual({ code: 143, signal: null })
      const events = pod.log.map((line) => JSON.parse(line).event)
      expect(events.slice(-3)).toEqual(['terminating', 'disconnected', 'ended'])
    },
  )

  it('exits 143 when no visitor is connected, also after a second SIGTERM', async () => {
    await using pod = await startPod()
    pod.child.kill('SIGTERM')
    pod.child.kill('SIGTERM')
    expect(await pod.exit).toEqual({ code: 143, signal: null })
  })

  it('refuses health checks and sockets after SIGTERM, also while an unresponsive peer delays the exit', async () => {
    await using pod = await startPod()
    const token = await pod.token()
    using peer = await rawPeer(pod.port, handshake('/', `${SUBPROTOCOL}, ${token}`))
    await peer.received('"hello"')
    pod.child.kill('SIGTERM')
    await peer.received('"terminating"')
    using health = await rawPeer(pod.port, 'GET /health HTTP/1.1\r\nHost: pod\r\n\r\n')
    using late = visit(pod.url, [SUBPROTOCOL, token])
    await health.received('HTTP/1.1 503 ')
    expect(await late.closed).toMatchObject({ code: 4001 })
    expect(await pod.exit).toEqual({ code: 143, signal: null })
  })

  it('exits 0 when its session’s socket has been closed longer than the idle limit', async () => {
    await using pod = await startPod({ socketIdleMs: 50 })
    using visitor = await visitAs(pod)
    visitor.ws.close(1000)
    expect(await pod.exit).toEqual({ code: 0, signal: null })
    expect(JSON.parse(pod.log.at(-1) ?? '{}')).toMatchObject({
      event: 'ended',
      why: 'session over',
      exitCode: 0,
    })
  })

  it('keeps running after sockets with a bad token: they start no session', async () => {
    await using pod = await startPod({ socketIdleMs: 1 })
    for (let i = 0; i < 5; i++) {
      using stranger = visit(pod.url, [SUBPROTOCOL, 'token.x'])
      await stranger.closed
    }
    const health = await fetch(`http://127.0.0.1:${pod.port}/health`)
    expect(health.status).toBe(200)
    expect(pod.child.exitCode).toBeNull()
  })

  it('crashes at once on request: 1006 and an exit code that makes the Job create a replacement', async () => {
    await using pod = await startPod()
    using visitor = await visitAs(pod)
    visitor.ws.send('die,crash')
    expect(await visitor.closed).toEqual({ code: 1006, reason: '' })
    expect(await pod.exit).toEqual({ code: 1, signal: null })
    expect(visitor.messages).toHaveLength(1)
  })

  it('freezes on request: it sends nothing, ignores SIGTERM and ends only by SIGKILL', async () => {
    await using frozen = await startPod()
    await using control = await startPod()
    using visitor = await visitAs(frozen)
    visitor.ws.send('die,freeze')
    await frozen.logged('kill_requested')
    visitor.ws.send('p,1')
    frozen.child.kill('SIGTERM')
    // A pod that is not frozen shows how long a SIGTERM takes on this machine now.
    control.child.kill('SIGTERM')
    expect(await control.exit).toMatchObject({ code: 143 })
    expect(frozen.child.exitCode).toBeNull()
    frozen.child.kill('SIGKILL')
    expect(await frozen.exit).toEqual({ code: null, signal: 'SIGKILL' })
    expect(await visitor.closed).toEqual({ code: 1006, reason: '' })
    expect(visitor.messages).toHaveLength(1)
  })
})

describe('how a pod starts', () => {
  it.each(['POD_KEY', 'POD_NAME', 'POD_UID', 'POD_IP', 'NODE_NAME', 'IMAGE'])(
    'names %s and exits 78 without it',
    async (name) => {
      const pod = spawnPod(podEnvironment({ [name]: undefined }))
      expect(await pod.exit).toEqual({ code: 78, signal: null })
      expect(pod.log.map((line) => JSON.parse(line))).toEqual([
        expect.objectContaining({
          event: 'misconfigured',
          problem: expect.stringContaining(`${name} is missing`),
        }),
      ])
    },
  )

  it('exits 1 and logs the system error code when its port is taken', async () => {
    await using first = await startPod()
    const second = spawnPod(podEnvironment({ POD_PORT: String(first.port) }))
    expect(await second.exit).toEqual({ code: 1, signal: null })
    expect(JSON.parse(second.log[0] ?? '{}')).toMatchObject({ event: 'failed', code: 'EADDRINUSE' })
  })

  it('logs the request that gave it to its session, and no other text that a client offers', async () => {
    await using pod = await startPod({})
    const offers = [SUBPROTOCOL, await pod.token(), 'request.JKJaXmPLvHcESHA', 'other.protocol!']
    using _visitor = visit(pod.url, offers)
    await pod.logged('bound')
    const bound = pod.log.map((line) => JSON.parse(line)).find(({ event }) => event === 'bound')
    expect(bound).toMatchObject({ epoch: 1, requestId: 'JKJaXmPLvHcESHA' })
    expect(pod.log.join()).not.toContain('other.protocol')
  })

  it('logs neither its key nor a token nor a frame', async () => {
    await using pod = await startPod({ socketIdleMs: 10 })
    const token = await pod.token()
    using visitor = await visitAs(pod)
    visitor.ws.send('a secret of mine')
    await visitor.closed
    await pod.exit
    const log = pod.log.join('\n')
    for (const secret of [pod.key, token, token.split('.').at(-1) ?? '', 'a secret of mine'])
      expect(log).not.toContain(secret)
    expect(log).toContain('"event":"bound"')
  })
})
