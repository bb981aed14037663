import { describe, expect, it } from 'vitest'
import { liveVisitor, type System, type Visitor, warmSystem } from './_system.ts'

/** The next audit row of a kind is not written, because its Lambda crashes after it has changed the session. */
function dieBefore(system: System, kind: string): void {
  const { sessions } = system.services
  const record = sessions.record.bind(sessions)
  sessions.record = async (sessionId, what, atMs, facts) => {
    if (what !== kind) return record(sessionId, what, atMs, facts)
    sessions.record = record
    throw Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' })
  }
}

const HANDLERS: [string, (visitor: Visitor) => Promise<{ status: number }>][] = [
  ['killed', (visitor) => visitor.delete('/session/:id/pod?how=crash')],
  ['replaced', (visitor) => visitor.post('/session/:id/recover', { epoch: 1, how: 'failover' })],
  ['replaced', (visitor) => visitor.post('/session/:id/recover', { epoch: 1, how: 'heal' })],
  [
    'connected',
    (visitor) => visitor.post('/session/:id/connected', { epoch: 1, connectMs: 1, firstPongMs: 2 }),
  ],
  ['ended', (visitor) => visitor.delete('/session/:id')],
]

describe('a call that is repeated because it had no answer', () => {
  it.each(HANDLERS)(
    'leaves %s in the audit, once, though the first died before it wrote that',
    async (kind, ask) => {
      await using system = await warmSystem()
      const visitor = await liveVisitor(system)
      dieBefore(system, kind)
      expect((await ask(visitor)).status).toBe(503)
      expect((await system.audit(visitor.id)).map((row) => row.kind)).not.toContain(kind)
      for (let again = 0; again < 3; again++) {
        system.sleep(1_000)
        expect((await ask(visitor)).status).toBeLessThan(300)
      }
      const rows = (await system.audit(visitor.id)).filter((row) => row.kind === kind)
      expect(rows).toHaveLength(1)
    },
  )

  it('writes `requested` when the Lambda of a cold start crashed before it wrote that', async () => {
    await using system = await warmSystem()
    for (let i = 0; i < 4; i++) await (await system.visitor()).post('/session')
    const visitor = await system.visitor()
    dieBefore(system, 'requested')
    expect((await visitor.post('/session')).status).toBe(503)
    expect((await visitor.post('/session')).status).toBe(202)
    expect((await system.audit(visitor.id)).map((row) => row.kind)).toEqual(['requested'])
  })
})

describe('a session that refill ends', () => {
  it('has its audit row and no longer counts for its address, also when refill crashed in between', async () => {
    await using system = await warmSystem({ limits: { liveSessionsPerAddress: 1 } })
    const visitor = await liveVisitor(system)
    system.sleep(system.services.limits.leaseMs)
    dieBefore(system, 'ended')
    await system.refill()
    const rows = (await system.audit(visitor.id)).filter((row) => row.kind === 'ended')
    expect(rows).toMatchObject([{ because: 'lease' }])
    const charged = (await system.everything()).flatMap((item) => Object.keys(item))
    expect(charged.filter((name) => name.startsWith('session#'))).toEqual([])
  })
})
