/** Regression tests of bugs that the simulation found, each with the few calls that it takes. */
import { activate } from '@warm-pods/functions/sessions/activate.ts'
import { describe, expect, it } from 'vitest'
import { type System, testSystem } from '../../functions/tests/_system.ts'

describe('a kill that comes in while a pod is handed over', () => {
  it.each(['polite', 'crash'])('is kept (%s) although the pod belongs to no session yet', async (how) => {
    await using system = await testSystem()
    system.cluster.readyAtOnce = false
    const visitor = await system.visitor()
    expect((await visitor.post('/session')).status).toBe(202)
    const session = await system.services.sessions.get(visitor.id)
    system.cluster.makeReady()
    const [found] = (await system.cluster.list()).pods
    if (!session || !found) throw new Error('Expected a waiting session and a pod.')
    expect((await visitor.delete(`/session/:id/pod?how=${how}`)).status).toBe(202)
    // A reconciliation, or another poll, that read the session a moment earlier.
    const row = await activate(system.services, { do: 'activate', session, pod: found.pod })
    expect(row).toMatchObject({ state: 'starting', kill: { how, state: 'requested' } })
    await system.refill()
    expect(system.cluster.deleted).toMatchObject([{ pod: found.pod.name }])
  })
})

it('keeps a new session when late writes of the former one, of the same version, arrive', async () => {
  await using system = await testSystem()
  const { sessions } = system.services
  const visitor = await system.visitor()
  const start = async () => {
    expect((await visitor.post('/session')).status).toBe(202)
    const row = await sessions.get(visitor.id)
    if (!row) throw new Error('Expected a waiting session.')
    return row
  }
  const former = await start()
  expect(await sessions.forget(former)).toBe(true)
  const { version } = await start()
  expect(version).toBe(former.version)
  expect(await sessions.update(former, former)).toBeUndefined()
  expect(await sessions.forget(former)).toBe(false)
})

describe('a start that the quota refuses, while refill finds room for it', () => {
  /**
   * The quota refuses. Before the response arrives, another visitor leaves, and refill creates the Job and activates
   * its pod.
   */
  function refuseAndThenMakeRoom(system: System): void {
    const { cluster } = system
    const create = cluster.createJob.bind(cluster)
    cluster.quota = cluster.jobs.size
    cluster.createJob = async (job) => {
      const refused = await create(job)
      if (refused.result !== 'quota') return refused
      cluster.createJob = create
      cluster.quota = 16
      await system.refill()
      return refused
    }
  }

  it('keeps a visitor who fails over on the pod that refill activated meanwhile', async () => {
    await using system = await testSystem()
    const visitor = await system.visitor()
    await visitor.post('/session')
    expect((await visitor.get('/session/:id')).body.state).toBe('live')
    refuseAndThenMakeRoom(system)
    const { status, body } = await visitor.post('/session/:id/recover', { epoch: 1, how: 'failover' })
    expect([status, body.state, body.epoch]).toEqual([201, 'live', 2])
    const { body: now } = await visitor.get('/session/:id')
    expect([now.state, now.epoch, now.pod?.uid]).toEqual(['live', 2, body.pod?.uid])
    await system.refill()
    expect([...system.cluster.jobs.keys()].some((name) => /^cold-.*-2-/.test(name))).toBe(true)
  })

  it('gives a new visitor the session that refill started meanwhile', async () => {
    await using system = await testSystem()
    const visitor = await system.visitor()
    refuseAndThenMakeRoom(system)
    const { status, body } = await visitor.post('/session')
    expect([status, body.state]).toEqual([201, 'live'])
  })
})
