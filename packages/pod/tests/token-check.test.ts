import { newPodKey, signToken } from '@warm-pods/core/identity/token.ts'
import { SUBPROTOCOL } from '@warm-pods/core/socket.ts'
import { describe, expect, it } from 'vitest'
import { ADA, BOB, closeBytes, handshake, inSeconds, rawPeer, startPod, visit, visitAs } from './_util.ts'

describe('the token check', () => {
  it('sends hello first to a visitor with a good token, and never sends the token back', async () => {
    await using pod = await startPod()
    using visitor = await visitAs(pod, { epoch: 3 })
    expect(visitor.ws.protocol).toBe(SUBPROTOCOL)
    expect(JSON.parse(visitor.messages[0] ?? '')).toMatchObject({
      type: 'hello',
      uid: '5b4f27a6-6c11-4a54-9a3f-6f0f6f3c1f11',
      name: 'warm-1-1-bcdfg-x2x4x',
      alias: expect.stringMatching(/^[a-z]+-[a-z]+$/),
      node: 'node-1',
      zone: 'zone-a',
      image: 'warm-pods/pod:test',
      epoch: 3,
    })
    visitor.ws.send('p,7')
    expect(await visitor.received((message) => message.startsWith('p,'))).toMatch(/^p,7,\d+$/)
  })

  it('refuses each bad offer by accepting it and closing with a code and a reason', async () => {
    await using pod = await startPod()
    const good = await pod.token()
    const cases: [string[], number, RegExp][] = [
      [[], 4003, /warm-pods\.v1/],
      [[SUBPROTOCOL], 4003, /one token/],
      [[SUBPROTOCOL, good, await pod.token({ epoch: 2 })], 4003, /one token/],
      [[SUBPROTOCOL, 'token.nonsense'], 4003, /form/],
      [[SUBPROTOCOL, good.slice(0, -1)], 4003, /form/],
      [[SUBPROTOCOL, tampered(good)], 4003, /not made for this pod/],
      [[SUBPROTOCOL, good.replace(ADA, BOB)], 4003, /not made for this pod/],
      [[SUBPROTOCOL, good.replace('.1.', '.2.')], 4003, /not made for this pod/],
      [[SUBPROTOCOL, await tokenOfAnotherPod()], 4003, /not made for this pod/],
      [[SUBPROTOCOL, await pod.token({ expiresAtS: inSeconds(-1) })], 4004, /expired/],
    ]
    for (const [protocols, code, reason] of cases) {
      using visitor = visit(pod.url, protocols)
      expect(await visitor.closed).toEqual({ code, reason: expect.stringMatching(reason) })
      expect(visitor.messages).toEqual([])
    }
    using owner = await visitAs(pod, { sessionId: BOB })
    expect(owner.messages).toHaveLength(1)
  })

  it('selects no subprotocol when only a token is offered', async () => {
    await using pod = await startPod()
    using peer = await rawPeer(pod.port, handshake('/', await pod.token()))
    await peer.received(closeBytes(4003))
    expect(peer.text()).toMatch(/^HTTP\/1\.1 101 /)
    expect(peer.text()).not.toMatch(/sec-websocket-protocol|token\./i)
  })

  it('serves the first session for its whole life, and no other', async () => {
    await using pod = await startPod()
    const ada = await visitAs(pod)
    ada.ws.close(1000)
    await ada.closed
    using bob = visit(pod.url, [SUBPROTOCOL, await pod.token({ sessionId: BOB, epoch: 9 })])
    expect(await bob.closed).toEqual({ code: 4003, reason: 'This pod serves another session.' })
    using again = await visitAs(pod)
    expect(again.messages).toHaveLength(1)
  })

  it('refuses an epoch older than the latest, and accepts a newer one', async () => {
    await using pod = await startPod()
    using second = await visitAs(pod, { epoch: 2 })
    using first = visit(pod.url, [SUBPROTOCOL, await pod.token({ epoch: 1 })])
    expect(await first.closed).toEqual({ code: 4003, reason: expect.stringMatching(/later epoch/) })
    using third = await visitAs(pod, { epoch: 3 })
    expect(await second.closed).toMatchObject({ code: 4002 })
    expect(third.ws.readyState).toBe(third.ws.OPEN)
  })

  it('accepts a second socket of the same session, then closes the older one with 4002', async () => {
    await using pod = await startPod({ socketIdleMs: 100 })
    using older = await visitAs(pod)
    using newer = await visitAs(pod)
    expect(await older.closed).toEqual({ code: 4002, reason: expect.stringMatching(/newer socket/) })
    newer.ws.send('p,1')
    await newer.received((message) => message.startsWith('p,1,'))
  })

  it('closes an open socket with 4004 when its token expires, and keeps serving the session', async () => {
    await using pod = await startPod()
    using visitor = await visitAs(pod, { expiresAtS: inSeconds(2) })
    expect(await visitor.closed).toMatchObject({ code: 4004 })
    using renewed = await visitAs(pod)
    expect(renewed.messages).toHaveLength(1)
  })

  it('keeps a socket whose token expires later than the longest timer', async () => {
    await using pod = await startPod()
    using visitor = await visitAs(pod, { expiresAtS: 999_999_999_999 })
    visitor.ws.send('p,1')
    await visitor.received((message) => message.startsWith('p,1,'))
    pod.child.kill('SIGTERM')
    await pod.exit
    expect(pod.stderr()).toBe('') // Node would warn of a timer that is too long, and make it 1 ms.
  })

  it('accepts the owner while idle strangers hold every connection of the limit', async () => {
    await using pod = await startPod({ podConnections: 4 })
    const strangers = await Promise.all(
      Array.from({ length: 12 }, () => rawPeer(pod.port, handshake('/', `${SUBPROTOCOL}, token.x`))),
    )
    await Promise.all(strangers.map((stranger) => stranger.received(' 101 ')))
    using owner = await visitAs(pod)
    expect(owner.messages).toHaveLength(1)
    await pod.logged('bound')
    const refusals = pod.log.map((line) => JSON.parse(line)).filter(({ event }) => event === 'refused')
    expect(refusals.slice(0, 4).map(({ why }) => why)).toEqual(Array(4).fill('malformed'))
    expect(refusals.map(({ why }) => why)).toContain('too many connections')
    for (const stranger of strangers) stranger[Symbol.dispose]()
  })
})

function tampered(token: string): string {
  const last = token.at(-2) === 'A' ? 'B' : 'A'
  return `${token.slice(0, -2)}${last}${token.slice(-1)}`
}

function tokenOfAnotherPod(): Promise<string> {
  return signToken(newPodKey(), { sessionId: ADA, epoch: 1, expiresAtS: inSeconds(60) })
}
