/** The calls of DynamoDB that each operation makes. A further call costs each visitor a round trip, or money. */
import { expect, it, vi } from 'vitest'
import { liveVisitor, warmSystem } from './_system.ts'

it('makes a fixed number of DynamoDB calls for each operation', async () => {
  await using system = await warmSystem()
  const send = vi.spyOn(system.tables.db, 'send')
  const callsOf = async (status: number, act: () => Promise<{ status: number }>): Promise<string> => {
    send.mockClear()
    expect((await act()).status).toBe(status)
    const names = send.mock.calls.map(([command]) => command.constructor.name.replace('Command', ''))
    return names.toSorted().join(' ')
  }
  const visitor = await liveVisitor(system)
  const other = await system.visitor()
  const recover = { epoch: 1, how: 'failover' }
  const connected = { epoch: 1, connectMs: 1, firstPongMs: 2 }
  const calls = {
    claim: await callsOf(201, () => other.post('/session')),
    'claim again': await callsOf(201, () => other.post('/session')),
    connected: await callsOf(204, () => visitor.post('/session/:id/connected', connected)),
    read: await callsOf(200, () => visitor.get('/session/:id')),
    extend: await callsOf(200, () => visitor.post('/session/:id/extend', {})),
    kill: await callsOf(202, () => visitor.delete('/session/:id/pod?how=polite&epoch=1')),
    'fail over': await callsOf(201, () => visitor.post('/session/:id/recover', recover)),
    release: await callsOf(204, () => visitor.delete('/session/:id')),
    pool: await callsOf(200, () => system.call({ method: 'GET', path: '/pool' })),
  }
  expect(calls).toEqual({
    claim: 'BatchGet Put Update Update',
    'claim again': 'BatchGet Update Update',
    connected: 'Get Put Put',
    read: 'Get Get',
    extend: 'Get Put Put Update',
    kill: 'Get Put Put Put Update Update',
    'fail over': 'BatchGet Put Put Update Update',
    release: 'Get Put Put Update',
    pool: 'Query Query',
  })
})
