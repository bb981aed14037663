import type { ErrorBody, Reach } from '@warm-pods/core/api/contracts.ts'
import { describe, expect, it } from 'vitest'
import { liveVisitor, testSystem, type Visitor, warmSystem } from './_system.ts'

const reach = async (visitor: Visitor) => {
  const { status, body } = await visitor.get('/session/:id/pod')
  return { status, body: body as unknown as Reach & ErrorBody }
}

describe('GET /session/{id}/pod', () => {
  it('reports the handshake with the session’s pod, its epoch and its time', async () => {
    await using system = await warmSystem()
    const visitor = await liveVisitor(system)
    expect(await reach(visitor)).toEqual({
      status: 200,
      body: { epoch: 1, reach: 'answers', checkedAt: expect.any(String) },
    })
    for (const result of ['no_answer', 'gateway_down'] as const) {
      system.sleep(2_000)
      system.gateway.result = { reach: result, problem: 'answered 504' }
      expect((await reach(visitor)).body.reach).toBe(result)
    }
  })

  it('is an error when the gateway limits the API, which says nothing about the pod', async () => {
    await using system = await warmSystem()
    const visitor = await liveVisitor(system)
    system.gateway.result = { reach: 'limited', problem: 'answered 429: too many sockets' }
    const { status, body } = await reach(visitor)
    expect([status, body.error.code, body.error.message]).toEqual([
      503,
      'unavailable',
      'The gateway answered 429: too many sockets.',
    ])
  })

  it('is refused without a pod: while the session waits for one, and after its end', async () => {
    await using system = await testSystem()
    system.cluster.readyAtOnce = false
    const visitor = await system.visitor()
    await visitor.post('/session')
    const waiting = await reach(visitor)
    expect([waiting.status, waiting.body.error.code]).toEqual([409, 'future_epoch'])
    await visitor.delete('/session/:id')
    const ended = await reach(visitor)
    expect([ended.status, ended.body.error.code]).toEqual([409, 'session_over'])
    const stranger = await system.visitor()
    expect((await reach(stranger)).body.error.code).toBe('no_session')
  })

  it('does not count as a sign of the page', async () => {
    await using system = await warmSystem()
    const visitor = await liveVisitor(system)
    const before = await system.services.sessions.get(visitor.id)
    system.sleep(5_000)
    await reach(visitor)
    expect(await system.services.sessions.get(visitor.id)).toEqual(before)
  })
})
