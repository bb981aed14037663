import type { Health } from '@warm-pods/core/api/contracts.ts'
import { sessionWork } from '@warm-pods/core/state/work.ts'
import { describe, expect, it } from 'vitest'
import { liveVisitor, type System, type Visitor, warmSystem } from './_system.ts'

const statesOf = async (system: System) => (await system.pool()).slots.map(({ state }) => state)
const all = (state: string) => [state, state, state, state]

const outage = Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' })

/** Deletes every Job and pod of the warm slots, as `kubectl delete jobs --all` does. */
async function deleteAllJobs({ cluster }: System): Promise<void> {
  for (const job of [...cluster.jobs.keys()]) await cluster.deleteJob(job, {})
}

/** Counts the Jobs that the API asks Kubernetes about, from now on. */
function countInspections({ cluster }: System): () => number {
  const inspect = cluster.inspect.bind(cluster)
  let inspections = 0
  cluster.inspect = (job) => {
    inspections++
    return inspect(job)
  }
  return () => inspections
}

describe('GET /pool', () => {
  it('states the age of each warm slot and of the last look at Kubernetes, and triggers nothing while it is young', async () => {
    await using system = await warmSystem()
    const before = system.triggers()
    system.sleep(3_000)
    const { refill, slots } = await system.pool()
    for (const { confirmedAgoMs, confirmedAt } of [refill, ...slots]) {
      expect(confirmedAgoMs).toBeGreaterThanOrEqual(3_000)
      expect(confirmedAgoMs).toBeLessThan(system.services.limits.confirmAfterMs)
      const fromTimeMs = system.services.now() - Date.parse(confirmedAt ?? '')
      expect(Math.abs(fromTimeMs - (confirmedAgoMs ?? 0))).toBeLessThan(1_000)
    }
    expect(refill.lastRunAgoMs).toBeGreaterThanOrEqual(3_000)
    expect(system.triggers()).toBe(before)
  })

  it('triggers refill once for all readers when its last look is too old', async () => {
    await using system = await warmSystem()
    const { confirmAfterMs } = system.services.limits
    const before = system.triggers()
    system.sleep(confirmAfterMs + 1)
    await Promise.all(Array.from({ length: 5 }, () => system.pool()))
    await system.pool()
    expect(system.triggers() - before).toBe(1)
    system.sleep(confirmAfterMs + 1)
    await system.pool()
    expect(system.triggers() - before).toBe(2)
    await system.refill()
    await system.pool()
    expect(system.triggers() - before).toBe(2)
  })

  it('triggers refill more rarely after a look that failed', async () => {
    await using system = await warmSystem()
    const { confirmAfterMs, confirmRetryMs } = system.services.limits
    system.sleep(confirmAfterMs + 1)
    system.cluster.outage = Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' })
    await system.pool()
    await expect(system.refill()).rejects.toThrow('ECONNREFUSED')
    const before = system.triggers()
    system.sleep(confirmAfterMs + 1)
    await system.pool()
    expect(system.triggers() - before).toBe(0)
    system.sleep(confirmRetryMs)
    await system.pool()
    expect(system.triggers() - before).toBe(1)
  })

  it('believes no record of a trigger that lies in the future', async () => {
    await using system = await warmSystem()
    await system.services.refill.requestConfirmation(system.services.now() + 3_600_000, 0)
    const before = system.triggers()
    system.sleep(system.services.limits.confirmAfterMs + 1)
    await system.pool()
    expect(system.triggers() - before).toBe(1)
  })

  it('stops showing slots as warm when their confirmation is too old, and is not healthy', async () => {
    await using system = await warmSystem()
    system.sleep(90_000)
    const { refill, slots } = await system.pool()
    expect(slots.map(({ state }) => state)).toEqual(all('unconfirmed'))
    expect(refill).toMatchObject({ healthy: false, problem: 'Refill last confirmed the pool 90 s ago.' })
    await system.refill()
    expect(await system.pool()).toMatchObject({
      refill: { healthy: true },
      slots: all('warm').map((state) => ({ state })),
    })
  })

  it('shows slots as unconfirmed from a report of a doubt until refill has looked again', async () => {
    await using system = await warmSystem()
    await system.services.refill.reportDoubt(system.services.now())
    expect(await statesOf(system)).toEqual(all('unconfirmed'))
    await system.refill()
    expect(await statesOf(system)).toEqual(all('warm'))
  })
})

describe('GET /health', () => {
  it('states when refill last confirmed the pool, and fails when that is too long ago', async () => {
    await using system = await warmSystem()
    const refillIn = ({ dependencies }: Health) => dependencies.find(({ name }) => name === 'refill')
    const young = await system.call<Health>({ method: 'GET', path: '/health' })
    expect(refillIn(young.body)).toMatchObject({ ok: true, confirmedAgoMs: expect.any(Number) })
    system.sleep(90_000)
    const old = await system.call<Health>({ method: 'GET', path: '/health' })
    expect(old.status).toBe(503)
    expect(refillIn(old.body)).toMatchObject({
      ok: false,
      problem: 'Refill last confirmed the pool 90 s ago.',
    })
  })
})

describe('pods deleted behind the pool’s back', () => {
  it('cost a visitor one dead address: the fail-over asks Kubernetes and starts cold', async () => {
    await using system = await warmSystem()
    await deleteAllJobs(system)
    const visitor = await system.visitor()
    expect((await visitor.post('/session')).body.source).toBe('warm')
    const { status, body } = await visitor.post('/session/:id/recover', { epoch: 1, how: 'failover' })
    expect([status, body.source, body.receipt.outcome]).toEqual([202, 'cold', 'empty'])
  })

  it('cost no other visitor an address after one has reported the loss', async () => {
    await using system = await warmSystem()
    await deleteAllJobs(system)
    const first = await system.visitor()
    await first.post('/session')
    await first.post('/session/:id/recover', { epoch: 1, how: 'heal' })
    expect((await (await system.visitor()).post('/session')).body.source).toBe('cold')
  })

  it('leave the fail-over a warm pod that Kubernetes still has', async () => {
    await using system = await warmSystem()
    const visitor = await liveVisitor(system)
    const [kept, ...gone] = (await system.services.slots.read()).slots
    for (const slot of gone) if (slot.state === 'WARM') await system.cluster.deleteJob(slot.job, {})
    const { body } = await visitor.post('/session/:id/recover', { epoch: 1, how: 'failover' })
    expect([body.source, body.pod?.uid]).toEqual(['rescued', kept?.state === 'WARM' ? kept.pod.uid : ''])
  })

  it('are noticed by a claim whose slot has not been confirmed for long', async () => {
    await using system = await warmSystem()
    await deleteAllJobs(system)
    system.sleep(system.services.limits.confirmedMs + 1)
    expect((await (await system.visitor()).post('/session')).body.source).toBe('cold')
  })
})

describe('a warm claim', () => {
  it('asks Kubernetes nothing about confirmed slots, also after a kill', async () => {
    await using system = await warmSystem()
    const visitor = await liveVisitor(system)
    const inspections = countInspections(system)
    expect((await (await system.visitor()).post('/session')).body.source).toBe('warm')
    await visitor.delete('/session/:id/pod?how=polite')
    const { body } = await visitor.post('/session/:id/recover', { epoch: 1, how: 'failover' })
    expect([body.source, inspections()]).toEqual(['rescued', 0])
  })

  it('takes an unconfirmed slot when Kubernetes has its pod', async () => {
    await using system = await warmSystem()
    system.sleep(system.services.limits.confirmedMs + 1)
    const inspections = countInspections(system)
    expect((await (await system.visitor()).post('/session')).body.source).toBe('warm')
    expect(inspections()).toBe(1)
  })
})

describe('a warm claim while Kubernetes does not answer', () => {
  it('takes a slot that is only old', async () => {
    await using system = await warmSystem()
    system.sleep(system.services.limits.confirmedMs + 1)
    system.cluster.inspect = () => Promise.reject(outage)
    expect((await (await system.visitor()).post('/session')).body.source).toBe('warm')
  })

  it('takes no slot that is in doubt, and is refused as unavailable', async () => {
    await using system = await warmSystem()
    await system.services.refill.reportDoubt(system.services.now())
    system.cluster.inspect = () => Promise.reject(outage)
    const { status, body } = await (await system.visitor()).post('/session')
    expect([status, body.error.code]).toEqual([503, 'unavailable'])
  })
})

describe('a session from before a doubt, as after a restart of `npm start`', () => {
  const OPERATIONS = [
    ['GET /session/{id}', (visitor: Visitor) => visitor.get('/session/:id')],
    ['POST /session, as after a reload', (visitor: Visitor) => visitor.post('/session')],
  ] as const

  /** A live session whose pod may be gone, in a pool that refill has filled again. */
  async function restarted(system: System, isPodGone: boolean): Promise<{ visitor: Visitor; uid: string }> {
    const visitor = await liveVisitor(system)
    const uid = (await visitor.get('/session/:id')).body.pod?.uid ?? ''
    if (isPodGone) await deleteAllJobs(system)
    system.sleep(1_000)
    await system.services.refill.reportDoubt(system.services.now())
    await system.refill()
    return { visitor, uid }
  }

  it.each(OPERATIONS)('gets a confirmed pod instead of a lost one: %s', async (_, ask) => {
    await using system = await warmSystem()
    const { visitor, uid } = await restarted(system, true)
    const { body } = await ask(visitor)
    expect(uid).not.toBe('')
    expect([body.state, body.epoch, body.source]).toEqual(['live', 2, 'rescued'])
    expect(body.pod?.uid).not.toBe(uid)
    const { pods } = await system.cluster.list()
    expect(pods.map(({ pod }) => pod.uid)).toContain(body.pod?.uid)
  })

  it.each(OPERATIONS)('gets no pod instead of one that ended itself without a socket: %s', async (_, ask) => {
    await using system = await warmSystem()
    const visitor = await liveVisitor(system)
    const { job = '' } = (await system.services.sessions.get(visitor.id)) ?? {}
    system.sleep(1_000)
    await system.services.refill.reportDoubt(system.services.now())
    system.cluster.complete(job)
    const before = system.named.length
    const { body } = await ask(visitor)
    expect([body.state, body.epoch, body.source]).toEqual(['live', 1, 'warm'])
    expect(system.named.slice(before)).toEqual([[sessionWork(visitor.id)]])
    await system.refill()
    expect((await visitor.get('/session/:id')).body).toMatchObject({ state: 'ended', endReason: 'idle' })
  })

  it.each(OPERATIONS)('keeps a pod that Kubernetes still has: %s', async (_, ask) => {
    await using system = await warmSystem()
    const { visitor, uid } = await restarted(system, false)
    const { body } = await ask(visitor)
    expect([body.epoch, body.pod?.uid]).toEqual([1, uid])
  })

  it.each(OPERATIONS)('gets no address while Kubernetes does not answer: %s', async (_, ask) => {
    await using system = await warmSystem()
    const { visitor } = await restarted(system, true)
    system.cluster.inspect = () => Promise.reject(outage)
    const { status, body } = await ask(visitor)
    expect([status, body.error.code]).toEqual([503, 'unavailable'])
  })

  it('asks Kubernetes nothing when there was no doubt since it got its pod', async () => {
    await using system = await warmSystem()
    await system.services.refill.reportDoubt(system.services.now())
    system.sleep(1_000)
    await system.refill()
    const visitor = await liveVisitor(system)
    const inspections = countInspections(system)
    for (const [, ask] of OPERATIONS) expect((await ask(visitor)).body.epoch).toBe(1)
    expect(inspections()).toBe(0)
  })
})

describe('a doubt', () => {
  it('outlasts a pass that had read the rows before it was reported', async () => {
    await using system = await warmSystem()
    const { cluster, services } = system
    const list = cluster.list.bind(cluster)
    cluster.list = async () => {
      cluster.list = list
      const listed = await list()
      await services.refill.reportDoubt(services.now())
      return listed
    }
    await system.refill()
    expect(await statesOf(system)).toEqual(all('unconfirmed'))
  })

  it('lasts while refill cannot empty the slot of a lost pod', async () => {
    await using system = await warmSystem()
    const { services } = system
    await deleteAllJobs(system)
    await services.refill.reportDoubt(services.now())
    const { move } = services.slots
    services.slots.move = async (from, to) => {
      if (from.slot === 2) throw Object.assign(new Error('slow down'), { name: 'ThrottlingException' })
      return move.call(services.slots, from, to)
    }
    await system.refill()
    expect((await statesOf(system))[2]).toBe('unconfirmed')
    services.slots.move = move
    await system.refill()
    expect(await statesOf(system)).not.toContain('unconfirmed')
  })
})
