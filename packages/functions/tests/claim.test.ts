import { describe, expect, it } from 'vitest'
import { claimWithoutSession, testSystem } from './_system.ts'

describe('POST /session', () => {
  it('gives a warm pod, and refill fills the pool again', async () => {
    await using system = await testSystem()
    await system.refill()
    expect((await system.pool()).slots.map((s) => s.state)).toEqual(['warm', 'warm', 'warm', 'warm'])
    const visitor = await system.visitor()
    const { status, body } = await visitor.post('/session')
    expect(status).toBe(201)
    expect(body).toMatchObject({
      id: visitor.id,
      state: 'live',
      epoch: 1,
      source: 'warm',
      receipt: { outcome: 'warm', tries: 1 },
    })
    expect(body.socket?.url).toBe(`/pod/${body.pod?.ip}`)
    expect(body.socket?.protocols[0]).toBe('warm-pods.v1')
    expect(system.triggers()).toBe(1)
    await system.refill()
    const pool = await system.pool()
    expect(pool.slots.map((s) => s.state)).toEqual(['warm', 'warm', 'warm', 'warm'])
    expect(pool.slots.flatMap((s) => s.pod?.uid ?? [])).not.toContain(body.pod?.uid)
    expect(pool.live).toBe(1)
  })

  it('answers the same secret with the same session, for sequential and concurrent requests', async () => {
    await using system = await testSystem()
    await system.refill()
    const visitor = await system.visitor()
    const answers = await Promise.all(Array.from({ length: 8 }, () => visitor.post('/session', {})))
    const again = await visitor.post('/session')
    expect(new Set([...answers, again].map((a) => a.body.pod?.uid)).size).toBe(1)
    expect(new Set([...answers, again].map((a) => a.status))).toEqual(new Set([201]))
    await system.refill()
    system.sleep(system.services.limits.claimGraceMs + 1)
    await system.refill()
    expect(system.cluster.jobs.size).toBe(5)
  })

  it('starts a cold pod when none is warm, and gives it to the session when it is Ready', async () => {
    await using system = await testSystem()
    system.cluster.readyAtOnce = false
    const visitor = await system.visitor()
    const { status, body } = await visitor.post('/session')
    expect(status).toBe(202)
    expect(body).toMatchObject({ state: 'starting', source: 'cold', receipt: { outcome: 'empty' } })
    expect(body.socket).toBeUndefined()
    system.sleep(5_000)
    const waiting = await visitor.get('/session/:id')
    expect(waiting.body.progress?.map((p) => [p.step, p.at !== null])).toEqual([
      ['created', true],
      ['scheduled', true],
      ['network', false],
      ['started', false],
      ['ready', false],
    ])
    expect(waiting.body.routed).toEqual({ at: null })
    system.cluster.makeReady()
    const live = await visitor.get('/session/:id')
    expect(live.body).toMatchObject({ state: 'live', source: 'cold' })
    expect(live.body.socket?.url).toBe(`/pod/${live.body.pod?.ip}`)
  })

  it('answers capacity when the quota refuses another Job, and leaves nothing behind', async () => {
    await using system = await testSystem({ quota: 0 })
    const visitor = await system.visitor()
    const { status, body, headers } = await visitor.post('/session')
    expect([status, body.error.code]).toEqual([503, 'capacity'])
    expect(headers['retry-after']).toBe('3')
    expect((await visitor.get('/session/:id')).status).toBe(404)
  })

  it('gives four of 200 simultaneous visitors a warm slot each, and the others a typed answer', {
    timeout: 180_000,
  }, async () => {
    await using system = await testSystem()
    await system.refill()
    const visitors = await Promise.all(Array.from({ length: 200 }, () => system.visitor()))
    const answers = await Promise.all(visitors.map((visitor) => visitor.post('/session')))
    const warm = answers.filter((a) => a.status === 201)
    expect(warm).toHaveLength(4)
    expect(new Set(warm.map((a) => a.body.pod?.uid)).size).toBe(4)
    const cold = answers.filter((a) => a.status === 202)
    expect(cold).toHaveLength(system.cluster.quota - 4)
    const refused = answers.filter((a) => a.status === 503).map((a) => a.body.error.code)
    expect(warm.length + cold.length + refused.length).toBe(200)
    expect(new Set(refused).difference(new Set(['capacity', 'contention']))).toEqual(new Set())
  })

  it('answers contention after lost races, and leaves nothing behind', async () => {
    await using system = await testSystem({ limits: { liveSessionsPerAddress: 1 } })
    await system.refill()
    const { claim } = system.services.slots
    system.services.slots.claim = async () => false
    const address = '198.51.100.8'
    const visitor = await system.visitor(address)
    const { status, body, headers } = await visitor.post('/session')
    expect([status, body.error.code, headers['retry-after']]).toEqual([503, 'contention', '1'])
    expect(await system.audit(visitor.id)).toMatchObject([{ kind: 'refused', because: 'contention' }])
    expect(system.cluster.created).toBe(4)
    system.services.slots.claim = claim
    const neighbour = await system.visitor(address)
    expect((await neighbour.post('/session')).status).toBe(201)
  })

  it('tries another candidate after a lost race, and counts the races in its receipt', async () => {
    await using system = await testSystem()
    await system.refill()
    const { slots } = system.services
    const { claim } = slots
    let lost = 0
    slots.claim = async (...args) => (lost++ < 2 ? false : claim.apply(slots, args))
    const { status, body } = await (await system.visitor()).post('/session')
    expect(status).toBe(201)
    expect(body.receipt).toMatchObject({ outcome: 'warm', candidates: 4, tries: 3, conflicts: 2 })
    expect(body.receipt.stages.map((stage) => stage.name)).toEqual(['read', 'take', 'record'])
  })

  it('is completed by refill when its Lambda crashed between its two writes', async () => {
    await using system = await testSystem()
    await system.refill()
    const visitor = await system.visitor()
    const { slots } = await system.services.slots.read()
    const slot = slots.find((s) => s.state === 'WARM')
    if (slot?.state !== 'WARM') throw new Error('There is a warm slot.')
    await claimWithoutSession(system, slot, visitor, 1)
    system.sleep(system.services.limits.claimGraceMs + 1)
    await system.refill()
    const { status, body } = await visitor.post('/session')
    expect([status, body.pod?.uid]).toEqual([201, slot.pod.uid])
    expect((await system.pool()).slots.every((s) => s.state === 'warm')).toBe(true)
  })

  it('does not claim a warm slot that refill has not confirmed within the limit', async () => {
    await using system = await testSystem()
    await system.refill()
    system.sleep(system.services.limits.warmStaleMs + 1)
    const visitor = await system.visitor()
    expect((await visitor.post('/session')).body.source).toBe('cold')
  })
})

describe('limits of one address', () => {
  it('allow three live sessions, and a fourth after one is released', async () => {
    await using system = await testSystem()
    await system.refill()
    const visitors = await Promise.all(Array.from({ length: 4 }, () => system.visitor('198.51.100.7')))
    const codes: string[] = []
    for (const visitor of visitors) codes.push((await visitor.post('/session')).body.error?.code ?? 'granted')
    expect(codes).toEqual(['granted', 'granted', 'granted', 'too_many_sessions'])
    expect((await visitors[0]?.delete('/session/:id'))?.status).toBe(204)
    expect((await visitors[3]?.post('/session'))?.body.error).toBeUndefined()
  })

  it('answer with the end of the first lease of the other sessions', async () => {
    await using system = await testSystem({ limits: { liveSessionsPerAddress: 1 } })
    await system.refill()
    const first = await system.visitor('198.51.100.8')
    await first.post('/session')
    system.sleep(60_000)
    const second = await system.visitor('198.51.100.8')
    const { body } = await second.post('/session')
    expect(body.error.code).toBe('too_many_sessions')
    const leftMs = system.services.limits.leaseMs - 60_000
    expect(body.error.retryAfterMs).toBeGreaterThan(leftMs - 30_000)
    expect(body.error.retryAfterMs).toBeLessThanOrEqual(leftMs)
  })

  it('count a session for the address that claimed it, also when its visitor moves to another', async () => {
    await using system = await testSystem({ limits: { liveSessionsPerAddress: 1 } })
    await system.refill()
    const visitor = await system.visitor('198.51.100.10')
    await visitor.post('/session')
    const authorization = `Bearer ${visitor.secret}`
    const moved = { method: 'POST', path: '/session', headers: { authorization }, address: '198.51.100.11' }
    expect((await system.call(moved)).status).toBe(201)
    expect((await (await system.visitor('198.51.100.11')).post('/session')).status).toBe(201)
  })

  it('do not count a reload', async () => {
    await using system = await testSystem({ limits: { claimsPerAddress: 2, liveSessionsPerAddress: 100 } })
    await system.refill()
    const visitor = await system.visitor('198.51.100.9')
    for (let i = 0; i < 5; i++) expect((await visitor.post('/session')).status).toBe(201)
    expect((await (await system.visitor('198.51.100.9')).post('/session')).status).toBe(201)
  })

  it('allow twenty claims in ten minutes, and more after that', async () => {
    await using system = await testSystem({ limits: { claimsPerAddress: 3, liveSessionsPerAddress: 100 } })
    const claimOnce = async () =>
      (await (await system.visitor('2001:db8::1')).post('/session')).body.error?.code
    expect([await claimOnce(), await claimOnce(), await claimOnce()]).toEqual([
      undefined,
      undefined,
      undefined,
    ])
    expect(await claimOnce()).toBe('too_many_claims')
    system.sleep(2 * system.services.limits.rateWindowMs)
    expect(await claimOnce()).toBeUndefined()
  })
})
