import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { type System, testSystem, type Visitor } from './_system.ts'

const ADDRESS = '203.0.113.77'
const V6 = '2001:db8:aaaa:bbbb:1:2:3:4'

/** One visit with every kind of event, and its log lines. */
async function wholeVisit(system: System): Promise<Visitor> {
  await system.refill()
  const visitor = await system.visitor(ADDRESS)
  await visitor.post('/session')
  await visitor.post('/session/:id/connected', { epoch: 1, connectMs: 10, firstPongMs: 42 })
  await system.refill()
  system.sleep(10_000)
  await visitor.delete('/session/:id/pod?how=polite')
  const previousJob = (await system.services.sessions.get(visitor.id))?.job
  system.sleep(100)
  await visitor.post('/session/:id/recover', { epoch: 1, how: 'failover' })
  system.sleep(100)
  await visitor.post('/session/:id/connected', { epoch: 2, connectMs: 9, firstPongMs: 55 })
  await system.refill()
  system.sleep(11_000)
  system.cluster.makeReady(previousJob)
  await system.refill()
  await visitor.post('/session/:id/extend')
  system.sleep(1_000)
  await (await system.visitor(V6)).post('/session')
  await visitor.delete('/session/:id')
  await system.refill()
  return visitor
}

let system: System
let visitor: Visitor
let logged: string[]
let keys: string[]

beforeAll(async () => {
  const written: string[] = []
  const spies = (['log', 'info', 'warn', 'error', 'debug'] as const).map((level) =>
    vi.spyOn(console, level).mockImplementation((...args) => void written.push(args.map(String).join(' '))),
  )
  system = await testSystem()
  keys = keysOf(system)
  visitor = await wholeVisit(system)
  // Errors are logged too: one of each kind.
  await system.call({ method: 'POST', path: '/session', headers: { authorization: 'Bearer short-secret' } })
  system.cluster.outage = Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' })
  await system.refill().catch(() => undefined)
  await (await system.visitor(ADDRESS)).post('/session')
  await system.call({ method: 'GET', path: '/health' })
  system.cluster.outage = undefined
  await system.refill()
  for (const spy of spies) spy.mockRestore()
  logged = written
})
afterAll(async () => {
  await system[Symbol.asyncDispose]()
})

/** Collects the key of every Job that is ever created. */
function keysOf(system: System): string[] {
  const found: string[] = []
  const { createJob } = system.cluster
  system.cluster.createJob = (job) => {
    found.push(job.key)
    return createJob.call(system.cluster, job)
  }
  return found
}

describe('the audit of a session', () => {
  it('lists its events in order, with causes and durations', async () => {
    const rows = await system.audit(visitor.id)
    expect(rows.map((row) => row.kind)).toEqual([
      'claimed',
      'connected',
      'killed',
      'claimed',
      'replaced',
      'connected',
      'healed',
      'extended',
      'ended',
    ])
    const [claimed, connected, killed, again, replaced, , healed, extended, ended] = rows
    expect(claimed).toMatchObject({ epoch: 1, source: 'warm', slot: expect.any(Number), gen: 0 })
    expect(connected).toMatchObject({ epoch: 1, connectMs: 10, firstPongMs: 42 })
    expect(killed).toMatchObject({ epoch: 1, how: 'polite', pod: claimed?.pod })
    expect(replaced).toMatchObject({ epoch: 2, how: 'failover', because: 'killed', fromPod: claimed?.pod })
    expect(again).toMatchObject({ epoch: 2, source: 'rescued', pod: replaced?.toPod })
    expect(healed).toMatchObject({ epoch: 1, how: 'polite', job: claimed?.job })
    expect(healed?.healMs).toBeGreaterThanOrEqual(11_000)
    expect(extended).toMatchObject({ leaseEndsAt: expect.stringMatching(/Z$/) })
    expect(ended).toMatchObject({ because: 'released', epoch: 2, lastedMs: expect.any(Number) })
    expect(ended?.lastedMs).toBeGreaterThanOrEqual(22_000)
  })

  it('has ISO 8601 times, and expires after thirty days', async () => {
    for (const row of await system.audit(visitor.id)) {
      expect(row.item).toMatch(/^event#\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z#[a-z]+$/)
      const inDays = (Number(row.expiresAt) * 1_000 - system.services.now()) / 86_400_000
      expect(inDays).toBeGreaterThan(29)
      expect(inDays).toBeLessThan(31)
    }
  })
})

describe('the tables', () => {
  it('hold no visitor’s secret and no address', async () => {
    const items = JSON.stringify(await system.everything())
    expect(items).toContain(visitor.id)
    expect(items).not.toContain(visitor.secret)
    for (const address of [ADDRESS, V6, '2001:db8:aaaa:bbbb', '203.0.113'])
      expect(items).not.toContain(address)
  })

  it('hold no token, because tokens are signed on request', async () => {
    expect(JSON.stringify(await system.everything())).not.toContain('token.')
  })

  it('hold no key of a session that has ended', async () => {
    const items = (await system.everything()).filter(({ sessionId }) => sessionId === visitor.id)
    expect(items).toContainEqual(expect.objectContaining({ item: 'session', state: 'ended' }))
    for (const key of keys) expect(JSON.stringify(items)).not.toContain(key)
  })

  it('expire every row about a visitor', async () => {
    const about = (await system.everything()).filter(
      (item) => String(item.pool).startsWith('visitor#') || item.pool === 'salt' || 'sessionId' in item,
    )
    const slots = about.filter((item) => item.pool === 'main')
    for (const item of about.filter((item) => !slots.includes(item)))
      expect(item.expiresAt).toBeTypeOf('number')
    // A claimed slot names its session until refill empties it, within seconds.
    expect(slots).toEqual([])
  })
})

describe('the log', () => {
  it('has one JSON object per line, and lines of every kind', () => {
    const events = logged.map((line) => JSON.parse(line) as { event: string; level: string })
    expect(events.map((e) => e.event)).toEqual(
      expect.arrayContaining([
        'request',
        'internal_error',
        'refill_reconciled',
        'refill_reserve',
        'refill_free',
      ]),
    )
    expect(new Set(events.map((e) => e.level))).toEqual(new Set(['INFO', 'ERROR']))
  })

  it('holds no secret, no key, no token and no address', () => {
    const text = logged.join('\n')
    expect(keys.length).toBeGreaterThan(4)
    for (const secret of [visitor.secret, 'short-secret', ...keys, 'token.', ADDRESS, V6, '203.0.113'])
      expect(text).not.toContain(secret)
  })

  it('does not name the session either: an id in a log could be joined with an address in another', () => {
    expect(logged.join('\n')).not.toContain(visitor.id)
  })
})

describe('GET /pool', () => {
  it('shows neither a visitor nor their pod', async () => {
    const other = await system.visitor()
    const { body } = await other.post('/session')
    const told = JSON.stringify(await system.pool())
    expect(body.pod).toBeDefined()
    for (const secret of [other.id, other.secret, body.pod?.uid ?? '', body.pod?.ip ?? '', ...keys])
      expect(told).not.toContain(secret)
  })
})
