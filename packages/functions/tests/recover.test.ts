import { LABELS } from '@warm-pods/core/identity/names.ts'
import { describe, expect, it } from 'vitest'
import { claimWithoutSession, liveVisitor, warmSystem } from './_system.ts'

describe('POST /session/{id}/recover, by failing over', () => {
  it('gives a warm pod under the next epoch, on a socket of its own', async () => {
    await using system = await warmSystem()
    const visitor = await liveVisitor(system)
    const before = await visitor.get('/session/:id')
    const { status, body } = await visitor.post('/session/:id/recover', { epoch: 1, how: 'failover' })
    expect(status).toBe(201)
    expect(body).toMatchObject({ id: visitor.id, state: 'live', epoch: 2, source: 'rescued' })
    expect(body.receipt).toMatchObject({ outcome: 'warm', candidates: 4, tries: 1, conflicts: 0 })
    expect(body.pod?.uid).not.toBe(before.body.pod?.uid)
    expect(body.socket?.protocols[1]).not.toBe(before.body.socket?.protocols[1])
    expect(body.socket?.url).toBe(`/pod/${body.pod?.ip}`)
  })

  it('triggers refill, which empties the slot, fills it, and deletes the lost Job', async () => {
    await using system = await warmSystem()
    const visitor = await liveVisitor(system)
    const lost = (await visitor.get('/session/:id')).body.pod?.name
    const triggers = system.triggers()
    await visitor.post('/session/:id/recover', { epoch: 1, how: 'failover' })
    expect(system.triggers()).toBe(triggers + 1)
    // A late kill may still arrive within the grace. After that refill deletes the Job.
    system.sleep(system.services.limits.lostGraceMs + 1)
    await system.refill()
    expect((await system.pool()).slots.map((s) => s.state)).toEqual(['warm', 'warm', 'warm', 'warm'])
    const pods = (await system.cluster.list()).pods.map((p) => p.pod.name)
    expect(pods).toHaveLength(5)
    expect(pods).not.toContain(lost)
  })

  it('happens once, for sequential and concurrent requests', async () => {
    await using system = await warmSystem()
    const visitor = await liveVisitor(system)
    const ask = () => visitor.post('/session/:id/recover', { epoch: 1, how: 'failover' })
    const answers = [...(await Promise.all([ask(), ask(), ask()])), await ask()]
    expect(new Set(answers.map((a) => a.status))).toEqual(new Set([201]))
    expect(new Set(answers.map((a) => a.body.pod?.uid)).size).toBe(1)
    expect(new Set(answers.map((a) => a.body.epoch))).toEqual(new Set([2]))
    // The slots of the losing requests are retired: the pool is warm, and the session holds one pod.
    system.sleep(system.services.limits.claimGraceMs + 1)
    await system.refill()
    expect((await system.pool()).slots.map((s) => s.state)).toEqual(['warm', 'warm', 'warm', 'warm'])
    expect(system.cluster.jobs.size).toBe(5)
  })

  it('refuses an older and a later epoch with the epoch it expected', async () => {
    await using system = await warmSystem()
    const visitor = await liveVisitor(system)
    await visitor.post('/session/:id/recover', { epoch: 1, how: 'failover' })
    await visitor.post('/session/:id/recover', { epoch: 2, how: 'failover' })
    const old = await visitor.post('/session/:id/recover', { epoch: 1, how: 'failover' })
    expect([old.status, old.body.error]).toMatchObject([
      409,
      { code: 'old_epoch', field: 'epoch', expected: '3', received: '1' },
    ])
    const future = await visitor.post('/session/:id/recover', { epoch: 4, how: 'heal' })
    expect([future.status, future.body.error]).toMatchObject([
      409,
      { code: 'future_epoch', field: 'epoch', expected: '3', received: '4' },
    ])
  })

  it('starts cold when no slot is warm, and gets the pod when it is Ready', async () => {
    await using system = await warmSystem()
    const visitor = await liveVisitor(system)
    system.cluster.readyAtOnce = false
    for (let i = 0; i < 4; i++) await (await system.visitor()).post('/session')
    const { status, body } = await visitor.post('/session/:id/recover', { epoch: 1, how: 'failover' })
    expect(status).toBe(202)
    expect(body).toMatchObject({ state: 'starting', epoch: 2, source: 'cold', receipt: { outcome: 'empty' } })
    expect(body.socket).toBeUndefined()
    system.cluster.makeReady()
    expect((await visitor.get('/session/:id')).body).toMatchObject({
      state: 'live',
      epoch: 2,
      source: 'cold',
    })
  })

  it('lets its own Job heal when the quota is full', async () => {
    await using system = await warmSystem()
    const visitor = await liveVisitor(system)
    const before = await visitor.get('/session/:id')
    const key = (await system.services.sessions.get(visitor.id))?.key
    for (let i = 0; i < 4; i++) await (await system.visitor()).post('/session')
    system.cluster.quota = system.cluster.jobs.size
    await visitor.delete('/session/:id/pod?how=polite')
    const { status, body } = await visitor.post('/session/:id/recover', { epoch: 1, how: 'failover' })
    expect(status).toBe(202)
    expect(body).toMatchObject({
      state: 'recovering',
      epoch: 2,
      source: 'warm',
      receipt: { outcome: 'capacity' },
    })
    const row = await system.services.sessions.get(visitor.id)
    // The refused Job is kept as a previous Job, because refill may have created it meanwhile.
    const refused = { job: expect.stringMatching(/^cold-/), epoch: 2 }
    expect([row?.key, row?.previousJobs, row?.previousPodUid]).toEqual([key, [refused], before.body.pod?.uid])
    system.sleep(11_000)
    system.cluster.makeReady(row?.job)
    const healed = await visitor.get('/session/:id')
    expect(healed.body).toMatchObject({ state: 'live', epoch: 2, heals: [{ epoch: 1, how: 'polite' }] })
    expect(healed.body.pod?.uid).not.toBe(before.body.pod?.uid)
  })

  it('is completed by refill when its Lambda crashed between its two writes', async () => {
    await using system = await warmSystem()
    const visitor = await liveVisitor(system)
    const slot = (await system.services.slots.read()).slots.find((s) => s.state === 'WARM')
    if (slot?.state !== 'WARM') throw new Error('There is a warm slot.')
    await claimWithoutSession(system, slot, visitor, 2)
    system.sleep(system.services.limits.claimGraceMs + 1)
    await system.refill()
    const { status, body } = await visitor.post('/session/:id/recover', { epoch: 1, how: 'failover' })
    expect([status, body.pod?.uid, body.epoch, body.source]).toEqual([201, slot.pod.uid, 2, 'rescued'])
    system.sleep(system.services.limits.lostGraceMs + 1)
    await system.refill()
    expect(system.cluster.jobs.size).toBe(5)
  })

  it('labels the pod’s Job with the session and the epoch', async () => {
    await using system = await warmSystem()
    const visitor = await liveVisitor(system)
    await visitor.post('/session/:id/recover', { epoch: 1, how: 'failover' })
    await system.refill()
    const row = await system.services.sessions.get(visitor.id)
    const label = system.cluster.labelled.findLast(({ job }) => job === row?.job)
    expect(label?.labels).toEqual({
      [LABELS.assigned]: 'true',
      [LABELS.sessionId]: visitor.id,
      [LABELS.epoch]: '2',
    })
  })
})

describe('POST /session/{id}/recover, by letting Kubernetes heal', () => {
  it('keeps the Job, waits for a pod other than the killed one, and records the time', async () => {
    await using system = await warmSystem()
    const visitor = await liveVisitor(system)
    const before = (await visitor.get('/session/:id')).body.pod?.uid
    const job = (await system.services.sessions.get(visitor.id))?.job
    await visitor.delete('/session/:id/pod?how=polite')
    const { status, body } = await visitor.post('/session/:id/recover', { epoch: 1, how: 'heal' })
    expect(status).toBe(202)
    expect(body).toMatchObject({ state: 'recovering', epoch: 2, source: 'warm' })
    system.sleep(11_000)
    expect((await visitor.get('/session/:id')).body.state).toBe('recovering')
    system.cluster.makeReady(job)
    const healed = (await visitor.get('/session/:id')).body
    expect(healed).toMatchObject({ state: 'live', epoch: 2, heals: [{ epoch: 1, how: 'polite' }] })
    expect(healed.pod?.uid).not.toBe(before)
    expect(healed.heals[0]?.healMs).toBeGreaterThanOrEqual(11_000)
    expect((await system.services.sessions.get(visitor.id))?.job).toBe(job)
    expect(system.cluster.jobs.size).toBe(5)
  })

  it('returns the same session when it is repeated, also with the other option', async () => {
    await using system = await warmSystem()
    const visitor = await liveVisitor(system)
    const first = await visitor.post('/session/:id/recover', { epoch: 1, how: 'heal' })
    const again = await visitor.post('/session/:id/recover', { epoch: 1, how: 'failover' })
    expect(again.body).toEqual({ ...first.body, leaseLeftMs: expect.any(Number) })
    expect((await system.services.slots.read()).slots.filter((s) => s.state === 'WARM')).toHaveLength(4)
  })

  it('goes back to a pod that was not lost', async () => {
    await using system = await warmSystem()
    const visitor = await liveVisitor(system)
    const before = (await visitor.get('/session/:id')).body.pod?.uid
    await visitor.post('/session/:id/recover', { epoch: 1, how: 'heal' })
    expect((await visitor.get('/session/:id')).body.state).toBe('recovering')
    system.sleep(system.services.limits.lostGraceMs + 1)
    const { body } = await visitor.get('/session/:id')
    expect([body.state, body.epoch, body.pod?.uid, body.heals]).toEqual(['live', 2, before, []])
  })

  it('can be followed by a fail-over while it takes long', async () => {
    await using system = await warmSystem()
    const visitor = await liveVisitor(system)
    await visitor.delete('/session/:id/pod?how=polite')
    await visitor.post('/session/:id/recover', { epoch: 1, how: 'heal' })
    const { status, body } = await visitor.post('/session/:id/recover', { epoch: 2, how: 'failover' })
    expect([status, body.state, body.epoch, body.source]).toEqual([201, 'live', 3, 'rescued'])
  })
})

describe('a session that is released during its recovery', () => {
  it.each([
    ['a warm pod taken', 'failover', 16],
    ['a cold start', 'failover', 16],
    ['no room for another Job', 'failover', 5],
    ['its own Job to heal', 'heal', 16],
  ] as const)('stays ended, with %s, and leaves nothing behind', async (what, how, quota) => {
    await using system = await warmSystem()
    const visitor = await liveVisitor(system)
    const { claimReads } = system.services
    const read = claimReads.read.bind(claimReads)
    if (what !== 'a warm pod taken')
      claimReads.read = async (sessionId) => {
        const { pool, session } = await read(sessionId)
        return { session, pool: { ...pool, slots: [] } }
      }
    system.cluster.quota = quota
    const { sessions } = system.services
    const update = sessions.update.bind(sessions)
    let toLetPass = what.startsWith('no room') ? 1 : 0
    sessions.update = async (seen, next) => {
      if (toLetPass-- !== 0) return update(seen, next)
      sessions.update = update
      expect((await visitor.delete('/session/:id')).status).toBe(204)
      return update(seen, next)
    }
    const { status, body } = await visitor.post('/session/:id/recover', { epoch: 1, how })
    expect([status, body.error.code]).toEqual([409, 'session_over'])
    expect((await visitor.get('/session/:id')).body).toMatchObject({ state: 'ended', endReason: 'released' })
    claimReads.read = read
    system.cluster.quota = 16
    await system.refill()
    expect((await system.pool()).slots.map((s) => s.state)).toEqual(['warm', 'warm', 'warm', 'warm'])
    expect(system.cluster.jobs.size).toBe(4)
  })
})

describe('recoveries of one address', () => {
  it('are limited, but not by the limit on claims', async () => {
    await using system = await warmSystem({ limits: { claimsPerAddress: 2, recoveriesPerAddress: 3 } })
    const address = '198.51.100.9'
    const visitor = await system.visitor(address)
    await visitor.post('/session')
    await (await system.visitor(address)).post('/session')
    const refused = await (await system.visitor(address)).post('/session')
    expect(refused.body.error.code).toBe('too_many_claims')
    await system.refill()
    for (const epoch of [1, 2, 3]) {
      const { status } = await visitor.post('/session/:id/recover', { epoch, how: 'failover' })
      expect(status).toBe(201)
      await system.refill()
    }
    const over = await visitor.post('/session/:id/recover', { epoch: 4, how: 'failover' })
    expect([over.status, over.body.error.code]).toEqual([429, 'too_many_recoveries'])
    expect(Number(over.headers['retry-after'])).toBeGreaterThan(0)
    expect((await visitor.get('/session/:id')).body).toMatchObject({ state: 'live', epoch: 4 })
  })

  it('over their limit do not block a claim', async () => {
    await using system = await warmSystem({ limits: { recoveriesPerAddress: 1 } })
    const address = '198.51.100.10'
    const visitor = await system.visitor(address)
    await visitor.post('/session')
    for (const epoch of [1, 2]) await visitor.post('/session/:id/recover', { epoch, how: 'failover' })
    expect((await (await system.visitor(address)).post('/session')).body.error).toBeUndefined()
  })

  it('do not count as sessions, so a visitor may change networks', async () => {
    await using system = await warmSystem({ limits: { liveSessionsPerAddress: 1 } })
    const mover = await system.visitor('198.51.100.11')
    await mover.post('/session')
    await (await system.visitor('198.51.100.12')).post('/session')
    const moved = await system.call<{ epoch: number }>({
      method: 'POST',
      path: `/session/${mover.id}/recover`,
      headers: { authorization: `Bearer ${mover.secret}`, 'content-type': 'application/json' },
      body: '{"epoch":1,"how":"failover"}',
      address: '198.51.100.12',
    })
    expect([moved.status, moved.body.epoch]).toEqual([201, 2])
  })
})
