import { describe, expect, it } from 'vitest'
import { liveVisitor, testSystem, warmSystem } from './_system.ts'

const MINUTE = 60_000
const CONNECTED = { epoch: 1, connectMs: 12.5, firstPongMs: 31.2 }

describe('POST /session/{id}/extend', () => {
  it('renews the lease from now', async () => {
    await using system = await warmSystem()
    const visitor = await liveVisitor(system)
    system.sleep(4 * MINUTE)
    const { status, body } = await visitor.post('/session/:id/extend')
    expect(status).toBe(200)
    const leftMs = Date.parse(body.leaseEndsAt) - system.services.now()
    expect(Math.abs(leftMs - system.services.limits.leaseMs)).toBeLessThan(5_000)
  })

  it('stops at the lifetime, and is answered by 409 there', async () => {
    await using system = await warmSystem()
    const visitor = await liveVisitor(system)
    let extensions = 0
    for (; extensions < 20; extensions++) {
      system.sleep(4 * MINUTE)
      const { status, body } = await visitor.post('/session/:id/extend', {})
      if (status === 409) {
        expect(body.error.code).toBe('lease_at_limit')
        break
      }
      expect(Date.parse(body.leaseEndsAt)).toBeLessThanOrEqual(Date.parse(body.endsAt))
    }
    expect(extensions).toBe(7)
    const { body } = await visitor.get('/session/:id')
    expect(body.leaseEndsAt).toBe(body.endsAt)
  })

  it('is refused once the session is over', async () => {
    await using system = await warmSystem()
    const visitor = await liveVisitor(system)
    await visitor.delete('/session/:id')
    const { status, body } = await visitor.post('/session/:id/extend')
    expect([status, body.error.code]).toEqual([409, 'session_over'])
  })
})

describe('POST /session/{id}/connected', () => {
  it('is in the audit once, also when the page repeats it', async () => {
    await using system = await warmSystem()
    const visitor = await liveVisitor(system)
    for (let i = 0; i < 3; i++)
      expect((await visitor.post('/session/:id/connected', CONNECTED)).status).toBe(204)
    const pod = (await visitor.get('/session/:id')).body.pod?.name
    const reports = (await system.audit(visitor.id)).filter((event) => event.kind === 'connected')
    expect(reports).toMatchObject([{ ...CONNECTED, pod }])
  })

  it.for([
    [0, 0],
    [250, 1],
  ])(
    'counts a fail-over of %d ms %d times in the statistics: 0 is no measurement',
    async ([firstPongMs, n]) => {
      await using system = await warmSystem()
      const visitor = await liveVisitor(system)
      await visitor.delete('/session/:id/pod')
      await visitor.post('/session/:id/recover', { epoch: 1, how: 'failover' })
      await visitor.post('/session/:id/connected', { epoch: 2, connectMs: 0, firstPongMs })
      expect((await system.pool()).last24h.failover?.n).toBe(n)
    },
  )

  it('is refused for another epoch, and after the session has ended', async () => {
    await using system = await warmSystem()
    const visitor = await liveVisitor(system)
    await visitor.post('/session/:id/recover', { epoch: 1, how: 'failover' })
    const old = await visitor.post('/session/:id/connected', CONNECTED)
    expect([old.status, old.body.error.code]).toEqual([409, 'old_epoch'])
    const future = await visitor.post('/session/:id/connected', { ...CONNECTED, epoch: 3 })
    expect([future.status, future.body.error.code]).toEqual([409, 'future_epoch'])
    await visitor.delete('/session/:id')
    const over = await visitor.post('/session/:id/connected', { ...CONNECTED, epoch: 2 })
    expect([over.status, over.body.error.code]).toEqual([409, 'session_over'])
  })
})

describe('DELETE /session/{id}', () => {
  it('releases the pod, is idempotent, and refill deletes the Job', async () => {
    await using system = await warmSystem()
    const visitor = await liveVisitor(system)
    const triggers = system.triggers()
    const answers = await Promise.all([visitor.delete('/session/:id'), visitor.delete('/session/:id')])
    expect([...answers, await visitor.delete('/session/:id')].map((a) => a.status)).toEqual([204, 204, 204])
    expect(system.triggers()).toBeGreaterThan(triggers)
    expect((await visitor.get('/session/:id')).body).toMatchObject({ state: 'ended', endReason: 'released' })
    await system.refill()
    expect(system.cluster.jobs.size).toBe(4)
    expect((await system.services.sessions.get(visitor.id))?.finalized).toBe(true)
    expect((await system.pool()).live).toBe(0)
    expect((await visitor.delete('/session/:id')).status).toBe(204)
    expect((await system.audit(visitor.id)).filter((event) => event.kind === 'ended')).toHaveLength(1)
  })

  it('of an unknown session is 404', async () => {
    await using system = await testSystem()
    const visitor = await system.visitor()
    expect((await visitor.delete('/session/:id')).status).toBe(404)
  })

  it('ends the session for good: the same secret gets session_over, which the rate limit does not count', async () => {
    await using system = await warmSystem({ limits: { liveSessionsPerAddress: 1 } })
    const address = '198.51.100.20'
    const visitor = await system.visitor(address)
    await visitor.post('/session')
    await visitor.delete('/session/:id')
    const again = await visitor.post('/session')
    expect([again.status, again.body.error.code]).toEqual([409, 'session_over'])
    const recover = await visitor.post('/session/:id/recover', { epoch: 1, how: 'failover' })
    expect([recover.status, recover.body.error.code]).toEqual([409, 'session_over'])
    expect((await (await system.visitor(address)).post('/session')).body.error).toBeUndefined()
  })
})

describe('a session that its visitor does not end', () => {
  it('ends with its lease, and its Job is deleted', async () => {
    await using system = await warmSystem()
    const visitor = await liveVisitor(system)
    await visitor.post('/session/:id/connected', CONNECTED)
    system.sleep(system.services.limits.leaseMs)
    await system.refill()
    expect((await visitor.get('/session/:id')).body).toMatchObject({ state: 'ended', endReason: 'lease' })
    expect(system.cluster.jobs.size).toBe(4)
  })

  it('ends with its lifetime, also when it was extended', async () => {
    await using system = await warmSystem()
    const visitor = await liveVisitor(system)
    await visitor.post('/session/:id/connected', CONNECTED)
    for (let i = 0; i < 7; i++) {
      system.sleep(4 * MINUTE)
      await visitor.post('/session/:id/extend')
    }
    system.sleep(2 * MINUTE)
    await system.refill()
    expect((await visitor.get('/session/:id')).body).toMatchObject({ state: 'ended', endReason: 'lifetime' })
  })

  it('ends as idle when its pod ended itself without a socket', async () => {
    await using system = await warmSystem()
    const visitor = await liveVisitor(system)
    await visitor.post('/session/:id/connected', CONNECTED)
    const row = await system.services.sessions.get(visitor.id)
    system.cluster.complete(row?.job ?? '')
    await system.refill()
    expect((await visitor.get('/session/:id')).body).toMatchObject({ state: 'ended', endReason: 'idle' })
    expect(system.cluster.jobs.size).toBe(4)
  })

  it('ends as unused when no page connected', async () => {
    await using system = await warmSystem()
    const visitor = await liveVisitor(system)
    system.sleep(system.services.limits.socketIdleMs - 20_000)
    await system.refill()
    expect((await visitor.get('/session/:id')).body.state).toBe('live')
    system.sleep(20_000)
    await system.refill()
    expect((await visitor.get('/session/:id')).body).toMatchObject({ state: 'ended', endReason: 'unused' })
  })

  it('is not ended by refill when its page has sent a request since the snapshot', async () => {
    await using system = await warmSystem()
    const visitor = await liveVisitor(system)
    system.sleep(system.services.limits.socketIdleMs + 1_000)
    const { sessions } = system.services
    const { getMany } = sessions
    sessions.getMany = async (ids) => {
      const seen = await getMany.call(sessions, ids)
      sessions.getMany = getMany
      await visitor.post('/session/:id/connected', CONNECTED)
      return seen
    }
    await system.refill()
    expect((await visitor.get('/session/:id')).body.state).toBe('live')
  })

  it('ends as failed when its cold pod is not Ready within the start budget', async () => {
    await using system = await testSystem()
    system.cluster.readyAtOnce = false
    const visitor = await system.visitor()
    await visitor.post('/session')
    system.sleep(system.services.limits.startBudgetMs + 1)
    await system.refill()
    expect((await visitor.get('/session/:id')).body).toMatchObject({ state: 'ended', endReason: 'failed' })
  })

  it('ends with its lease also when its Job was deleted before', async () => {
    await using system = await warmSystem()
    const visitor = await liveVisitor(system)
    await visitor.post('/session/:id/connected', CONNECTED)
    const row = await system.services.sessions.get(visitor.id)
    await system.cluster.deleteJob(row?.job ?? '', {})
    await system.refill()
    expect((await visitor.get('/session/:id')).body.state).toBe('live')
    system.sleep(system.services.limits.leaseMs)
    await system.refill()
    expect((await visitor.get('/session/:id')).body).toMatchObject({ state: 'ended', endReason: 'lease' })
  })
})

describe('the audit of a visit that found no warm pod', () => {
  it('has requested, started, and the reason of the end', async () => {
    await using system = await testSystem()
    const visitor = await system.visitor()
    await visitor.post('/session')
    system.sleep(2_000)
    expect((await visitor.get('/session/:id')).body.state).toBe('live')
    system.sleep(2 * MINUTE)
    await system.refill()
    const rows = await system.audit(visitor.id)
    expect(rows.map((row) => row.kind)).toEqual(['requested', 'started', 'ended'])
    expect(rows[0]).toMatchObject({ found: 'no warm pod', job: expect.stringMatching(/^cold-/) })
    expect(rows[1]).toMatchObject({ epoch: 1, waitedMs: expect.any(Number) })
    expect(rows[1]?.waitedMs).toBeGreaterThanOrEqual(2_000)
    expect(rows[2]).toMatchObject({ because: 'unused', epoch: 1 })
    expect((await system.pool()).last24h).toMatchObject({ cold: 1, warm: 0 })
  })

  it('has refused with the reason when the quota was full', async () => {
    await using system = await testSystem({ quota: 0 })
    const visitor = await system.visitor()
    await visitor.post('/session')
    expect(await system.audit(visitor.id)).toMatchObject([
      { kind: 'requested' },
      { kind: 'refused', because: 'capacity' },
    ])
    expect((await system.pool()).last24h).toMatchObject({ refused: 1, cold: 0 })
  })
})

describe('the row that counts the sessions of an address', () => {
  it('outlives every lease that it counts, also after extensions', async () => {
    await using system = await warmSystem()
    const visitor = await liveVisitor(system)
    const { leaseMs, lifetimeMs } = system.services.limits
    const stepMs = 0.8 * leaseMs
    for (let heldMs = stepMs; heldMs < lifetimeMs - leaseMs; heldMs += stepMs) {
      system.sleep(stepMs)
      expect((await visitor.post('/session/:id/extend')).status).toBe(200)
      const until = (await system.services.sessions.get(visitor.id))?.leaseEndsAtMs
      const row = (await system.everything()).find(({ pool }) => String(pool).startsWith('visitor#'))
      expect(row).toHaveProperty([`session#${visitor.id}`], until)
      expect(Number(row?.expiresAt) * 1_000).toBeGreaterThanOrEqual(until ?? Number.NaN)
    }
  })
})
