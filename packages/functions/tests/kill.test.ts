import { describe, expect, it } from 'vitest'
import { liveVisitor, type System, testSystem, type Visitor, warmSystem } from './_system.ts'

const row = async (system: System, visitor: Visitor) => {
  const found = await system.services.sessions.get(visitor.id)
  if (!found) throw new Error('There is a session.')
  return found
}

describe('DELETE /session/{id}/pod', () => {
  it('deletes the pod politely unless told otherwise, and takes socket and pod off the session', async () => {
    await using system = await warmSystem()
    const visitor = await liveVisitor(system)
    const before = (await visitor.get('/session/:id')).body.pod
    const { status, body } = await visitor.delete('/session/:id/pod')
    expect(status).toBe(202)
    expect(body).toMatchObject({ state: 'recovering', epoch: 1 })
    expect([body.pod, body.socket]).toEqual([undefined, undefined])
    expect(system.cluster.deleted).toEqual([{ pod: before?.name, graceMs: system.services.limits.graceMs }])
    expect((await row(system, visitor)).kill).toMatchObject({
      how: 'polite',
      podUid: before?.uid,
      state: 'done',
    })
  })

  it('deletes the pod once, for sequential and concurrent requests', async () => {
    await using system = await warmSystem()
    const visitor = await liveVisitor(system)
    const kill = () => visitor.delete('/session/:id/pod?how=polite')
    const answers = [...(await Promise.all([kill(), kill(), kill()])), await kill()]
    expect(answers.map((a) => a.status)).toEqual([202, 202, 202, 202])
    expect(system.cluster.deleted).toHaveLength(1)
    expect((await system.audit(visitor.id)).filter((event) => event.kind === 'killed')).toHaveLength(1)
    expect((await system.pool()).last24h.kills).toBe(1)
  })

  it('gives a frozen pod less grace', async () => {
    await using system = await warmSystem()
    const visitor = await liveVisitor(system)
    await visitor.delete('/session/:id/pod?how=freeze')
    expect(system.cluster.deleted).toMatchObject([{ graceMs: system.services.limits.frozenGraceMs }])
  })

  it('deletes nothing for a crash at first, and the pod when it still runs after the grace', async () => {
    await using system = await warmSystem()
    const visitor = await liveVisitor(system)
    expect((await visitor.delete('/session/:id/pod?how=crash')).status).toBe(202)
    expect(system.cluster.deleted).toEqual([])
    expect((await row(system, visitor)).kill).toMatchObject({ how: 'crash', state: 'sent' })
    await system.refill()
    expect(system.cluster.deleted).toEqual([])
    system.sleep(system.services.limits.lostGraceMs + 1)
    await system.refill()
    expect(system.cluster.deleted).toHaveLength(1)
    expect((await row(system, visitor)).kill).toMatchObject({ how: 'crash', state: 'done' })
  })

  it('is refused within the cooldown, with the time to wait', async () => {
    await using system = await warmSystem()
    const visitor = await liveVisitor(system)
    await visitor.delete('/session/:id/pod')
    await visitor.post('/session/:id/recover', { epoch: 1, how: 'failover' })
    const { status, body, headers } = await visitor.delete('/session/:id/pod')
    expect([status, body.error.code]).toEqual([429, 'too_soon'])
    expect(body.error.retryAfterMs).toBeGreaterThan(0)
    expect(body.error.retryAfterMs).toBeLessThanOrEqual(system.services.limits.killCooldownMs)
    expect(['1', '2']).toContain(headers['retry-after'])
    system.sleep(system.services.limits.killCooldownMs)
    expect((await visitor.delete('/session/:id/pod')).status).toBe(202)
  })

  it('deletes the first pod of a session that had none yet', async () => {
    await using system = await testSystem()
    system.cluster.readyAtOnce = false
    const visitor = await system.visitor()
    await visitor.post('/session')
    const asked = await visitor.delete('/session/:id/pod?how=polite')
    expect([asked.status, asked.body.state]).toEqual([202, 'starting'])
    system.cluster.makeReady()
    const doomed = (await system.cluster.inspect((await row(system, visitor)).job)).pods[0]?.pod
    expect((await visitor.get('/session/:id')).body.state).toBe('starting')
    await system.refill()
    expect(system.cluster.deleted.map((d) => d.pod)).toEqual([doomed?.name])
    system.cluster.makeReady((await row(system, visitor)).job)
    const live = (await visitor.get('/session/:id')).body
    expect(live.state).toBe('live')
    expect(live.pod?.uid).not.toBe(doomed?.uid)
    expect(live.heals).toEqual([])
  })

  it('is done by refill when its Lambda crashed before the delete', async () => {
    await using system = await warmSystem()
    const visitor = await liveVisitor(system)
    system.cluster.outage = Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' })
    const { status, body } = await visitor.delete('/session/:id/pod')
    expect([status, body.error.code]).toEqual([503, 'unavailable'])
    expect((await system.audit(visitor.id)).filter((event) => event.kind === 'killed')).toHaveLength(1)
    system.cluster.outage = undefined
    expect((await row(system, visitor)).kill).toMatchObject({ state: 'sent' })
    await system.refill()
    expect(system.cluster.deleted).toHaveLength(1)
    expect((await row(system, visitor)).kill).toMatchObject({ state: 'done' })
  })

  it('is refused once the session is over', async () => {
    await using system = await warmSystem()
    const visitor = await liveVisitor(system)
    await visitor.delete('/session/:id')
    const { status, body } = await visitor.delete('/session/:id/pod')
    expect([status, body.error.code]).toEqual([409, 'session_over'])
  })
})

describe('a kill that arrives after the fail-over it belongs to', () => {
  const late = async (system: System, how: string) => {
    const visitor = await liveVisitor(system)
    const left = await row(system, visitor)
    await visitor.post('/session/:id/recover', { epoch: 1, how: 'failover' })
    await system.refill()
    const answer = await visitor.delete(`/session/:id/pod?how=${how}&epoch=1`)
    return { visitor, left, answer }
  }

  it.each(['crash', 'polite', 'freeze'])(
    '(%s) hits the pod that was left and spares the new one',
    async (how) => {
      await using system = await warmSystem()
      const { visitor, left, answer } = await late(system, how)
      expect([answer.status, answer.body.state, answer.body.epoch]).toEqual([202, 'live', 2])
      expect(system.cluster.deleted.map((d) => d.pod)).toEqual(how === 'crash' ? [] : [left.pod?.name])
      const { kill, previousJobs } = await row(system, visitor)
      expect(kill).toBeUndefined()
      expect(previousJobs).toMatchObject([{ job: left.job, kill: { how, epoch: 1, podUid: left.pod?.uid } }])
      expect((await system.audit(visitor.id)).filter((event) => event.kind === 'killed')).toHaveLength(1)
    },
  )

  it('is timed: the previous Job heals before it is deleted', async () => {
    await using system = await warmSystem()
    const { visitor, left } = await late(system, 'polite')
    system.sleep(11_000)
    system.cluster.makeReady(left.job)
    await system.refill()
    expect((await visitor.get('/session/:id')).body.heals).toMatchObject([{ epoch: 1, how: 'polite' }])
    expect(system.cluster.jobs.has(left.job)).toBe(false)
  })

  it('is idempotent, and does nothing once the Job is gone', async () => {
    await using system = await warmSystem()
    const { visitor } = await late(system, 'polite')
    expect((await visitor.delete('/session/:id/pod?how=polite&epoch=1')).status).toBe(202)
    system.sleep(system.services.limits.healBudgetMs + 1)
    await system.refill()
    expect((await row(system, visitor)).previousJobs).toEqual([])
    expect((await visitor.delete('/session/:id/pod?how=polite&epoch=1')).status).toBe(202)
    expect(system.cluster.deleted).toHaveLength(1)
  })

  it('names the pod that a healing session has left', async () => {
    await using system = await warmSystem()
    const visitor = await liveVisitor(system)
    const uid = (await row(system, visitor)).pod?.uid
    await visitor.post('/session/:id/recover', { epoch: 1, how: 'heal' })
    await visitor.delete('/session/:id/pod?how=polite&epoch=1')
    expect((await row(system, visitor)).kill).toMatchObject({ epoch: 1, podUid: uid })
    await system.refill()
    expect(system.cluster.deleted).toHaveLength(1)
    system.cluster.makeReady((await row(system, visitor)).job)
    const { body } = await visitor.get('/session/:id')
    expect(body).toMatchObject({ state: 'live', epoch: 2, heals: [{ epoch: 1, how: 'polite' }] })
    expect(body.pod?.uid).not.toBe(uid)
  })
})

describe('the Job of a pod that was killed and left', () => {
  async function killedAndLeft(system: System): Promise<{ visitor: Visitor; previousJob: string }> {
    const visitor = await liveVisitor(system)
    const previousJob = (await row(system, visitor)).job
    await visitor.delete('/session/:id/pod?how=polite')
    await visitor.post('/session/:id/recover', { epoch: 1, how: 'failover' })
    await system.refill()
    return { visitor, previousJob }
  }

  it('heals, is timed, and is then deleted', async () => {
    await using system = await warmSystem()
    const { visitor, previousJob } = await killedAndLeft(system)
    expect(system.cluster.jobs.has(previousJob)).toBe(true)
    system.sleep(11_000)
    system.cluster.makeReady(previousJob)
    await system.refill()
    const { body } = await visitor.get('/session/:id')
    expect(body.heals).toMatchObject([{ epoch: 1, how: 'polite' }])
    expect(body.heals[0]?.healMs).toBeGreaterThanOrEqual(11_000)
    expect(system.cluster.jobs.has(previousJob)).toBe(false)
    expect((await system.pool()).last24h.heal.n).toBe(1)
    expect((await row(system, visitor)).previousJobs).toEqual([])
  })

  it('is deleted without a time when it does not heal within its budget', async () => {
    await using system = await warmSystem()
    const { visitor, previousJob } = await killedAndLeft(system)
    system.sleep(system.services.limits.healBudgetMs + 1)
    await system.refill()
    expect(system.cluster.jobs.has(previousJob)).toBe(false)
    expect((await visitor.get('/session/:id')).body).toMatchObject({ state: 'live', heals: [] })
  })

  it('is timed by the cluster’s clock also when the visitor failed over during the delete', async () => {
    await using system = await warmSystem()
    const visitor = await liveVisitor(system)
    const previousJob = (await row(system, visitor)).job
    // The page gets 4001 on its socket before the API server answers the delete.
    const gone = Promise.withResolvers<void>()
    const { deletePod } = system.cluster
    system.cluster.deletePod = async (...args) => {
      const died = await deletePod.apply(system.cluster, args)
      await gone.promise
      return died
    }
    const killing = visitor.delete('/session/:id/pod?how=polite')
    await expect.poll(() => system.cluster.deleted.length).toBe(1)
    await visitor.post('/session/:id/recover', { epoch: 1, how: 'failover' })
    gone.resolve()
    expect((await killing).status).toBe(202)
    const [left] = (await row(system, visitor)).previousJobs
    expect(left).toMatchObject({ job: previousJob, kill: { state: 'done', diedAtMs: expect.any(Number) } })
  })
})
