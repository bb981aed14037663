import { REQUEST_PREFIX } from '@warm-pods/core/socket.ts'
import { describe, expect, it, vi } from 'vitest'
import { liveVisitor, type System, testSystem, warmSystem } from './_system.ts'

const ANNOTATED = { 'warm-pods/request-id': 'test-request' }

/** Returns the log lines of these events that an action writes. */
async function logged(event: string, act: () => Promise<unknown>): Promise<unknown[]> {
  const print = vi.spyOn(console, 'log').mockImplementation(() => {})
  try {
    await act()
    return print.mock.calls.map(([line]) => JSON.parse(line)).filter((line) => line.event === event)
  } finally {
    print.mockRestore()
  }
}
const annotationsOf = async (system: System, id: string) =>
  system.cluster.annotations.get((await system.services.sessions.get(id))?.job ?? '')

describe('the id of the request that gave a session its Job', () => {
  it('is in the answer, the socket’s subprotocols, the audit, refill’s log, and the Job of a warm slot', async () => {
    await using system = await warmSystem()
    const visitor = await system.visitor()
    const { body } = await visitor.post('/session')
    expect(body.requestId).toBe('test-request')
    expect(body.socket?.protocols.at(-1)).toBe(`${REQUEST_PREFIX}test-request`)
    expect(await annotationsOf(system, visitor.id)).toEqual({})
    const lines = await logged('refill_free', () => system.refill())
    expect(lines).toMatchObject([{ slot: expect.any(Number), requestId: 'test-request' }])
    expect(await annotationsOf(system, visitor.id)).toEqual(ANNOTATED)
    expect(await system.audit(visitor.id)).toContainEqual(
      expect.objectContaining({ kind: 'claimed', requestId: 'test-request' }),
    )
    // A reload gets the id of the claim.
    expect((await visitor.get('/session/:id')).body.requestId).toBe('test-request')
  })

  it('is on a Job that is created for the session', async () => {
    await using system = await testSystem()
    const visitor = await system.visitor()
    expect((await visitor.post('/session')).status).toBe(202)
    expect(await annotationsOf(system, visitor.id)).toEqual(ANNOTATED)
    expect(await system.audit(visitor.id)).toContainEqual(
      expect.objectContaining({ kind: 'requested', requestId: 'test-request' }),
    )
  })

  it('is that of the fail-over after a fail-over', async () => {
    await using system = await warmSystem()
    const visitor = await liveVisitor(system)
    await visitor.post('/session/:id/recover', { epoch: 1, how: 'failover' })
    await system.refill()
    expect(await annotationsOf(system, visitor.id)).toEqual(ANNOTATED)
    expect(await system.audit(visitor.id)).toContainEqual(
      expect.objectContaining({ kind: 'replaced', requestId: 'test-request' }),
    )
  })
})
