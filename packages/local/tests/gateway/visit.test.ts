import { SUBPROTOCOL } from '@warm-pods/core/socket.ts'
import { describe, expect, it } from 'vitest'
import { type PodProcess, type Visitor, visit } from '../../../pod/tests/_util.ts'
import { IP, startBoth, until } from './_util.ts'

async function visitThrough(port: number, pod: PodProcess): Promise<Visitor> {
  const visitor = visit(`ws://127.0.0.1:${port}/pod/${IP}`, [SUBPROTOCOL, await pod.token()])
  await visitor.received((message) => message.includes('"hello"'))
  return visitor
}

describe('a visit through the gateway', () => {
  it('delivers hello, pongs and the negotiated subprotocol, and closes all connections afterwards', async () => {
    await using both = await startBoth()
    using visitor = await visitThrough(both.server.port, both.pod)
    expect(visitor.ws.protocol).toBe(SUBPROTOCOL)
    expect(visitor.ws.extensions).toBe('')
    for (let seq = 0; seq < 20; seq++) {
      visitor.ws.send(`p,${seq}`)
      await visitor.received((message) => message.startsWith(`p,${seq},`))
    }
    visitor.ws.close(1000)
    expect(await visitor.closed).toMatchObject({ code: 1000 })
    await both.pod.logged('disconnected')
    await until(async () => both.server.gateway.size === 0 && (await both.server.connections()) === 0)
  })

  it('negotiates no extension, although the visitor offers compression', async () => {
    await using both = await startBoth()
    const { WebSocket } = await import('ws')
    const ws = new WebSocket(`ws://127.0.0.1:${both.server.port}/pod/${IP}`, [
      SUBPROTOCOL,
      await both.pod.token(),
    ])
    await new Promise((resolve) => ws.once('message', resolve))
    expect(ws.extensions).toBe('')
    ws.terminate()
    await both.pod.logged('disconnected')
  })

  it('delivers the pod’s close code and reason for an invalid token', async () => {
    await using both = await startBoth()
    using stranger = visit(`ws://127.0.0.1:${both.server.port}/pod/${IP}`, [SUBPROTOCOL, 'token.x'])
    expect(await stranger.closed).toMatchObject({ code: 4003, reason: expect.stringMatching(/form/) })
  })

  it('delivers terminating and 4001 with its reason when the pod is terminated', async () => {
    await using both = await startBoth()
    using visitor = await visitThrough(both.server.port, both.pod)
    both.pod.child.kill('SIGTERM')
    expect(await visitor.closed).toEqual({ code: 4001, reason: 'The pod is being terminated.' })
    expect(visitor.messages.map((message) => JSON.parse(message).type)).toEqual(['hello', 'terminating'])
    expect(await both.pod.exit).toMatchObject({ code: 143 })
  })

  it.each(['crash', 'SIGKILL'] as const)('shows 1006 when the pod ends by %s', async (how) => {
    await using both = await startBoth()
    using visitor = await visitThrough(both.server.port, both.pod)
    if (how === 'crash') visitor.ws.send('die,crash')
    else both.pod.child.kill('SIGKILL')
    expect(await visitor.closed).toEqual({ code: 1006, reason: '' })
    await until(() => both.server.gateway.size === 0)
  })

  it('closes the pod’s connection when the visitor’s breaks', async () => {
    await using both = await startBoth()
    const visitor = await visitThrough(both.server.port, both.pod)
    visitor.ws.terminate()
    await both.pod.logged('disconnected')
    await until(() => both.server.gateway.size === 0)
  })

  it('answers 502 for every visitor when the pod has gone', async () => {
    await using both = await startBoth()
    both.pod.child.kill('SIGKILL')
    await both.pod.exit
    const target = `http://127.0.0.1:${both.server.port}/pod/${IP}`
    for (let i = 0; i < 20; i++) {
      using refused = visit(target.replace('http', 'ws'), [SUBPROTOCOL])
      expect(await responseStatus(refused)).toBe(502)
    }
    await until(() => both.server.gateway.size === 0)
  })
})

function responseStatus({ ws }: Visitor): Promise<number | undefined> {
  return new Promise((resolve) =>
    ws.once('unexpected-response', (request, response) => {
      resolve(response.statusCode)
      request.destroy()
    }),
  )
}
