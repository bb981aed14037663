import { describe, expect, it, vi } from 'vitest'
import { jobManifest } from '../src/kubernetes/job-manifest.ts'
import { liveVisitor, type System, testSystem, warmSystem } from './_system.ts'

const WHOLE = ['warm', 'warm', 'warm', 'warm']
const states = async (system: System) => (await system.pool()).slots.map((s) => s.state)
const slotsOf = async (system: System) => (await system.services.slots.read()).slots

/** The same rows and cluster after a deploy of another image. */
function deployed(system: System): System['services'] {
  return { ...system.services, spec: 'another-spec' }
}

describe('a refill invocation', () => {
  it('fills an empty table with one Job per slot, and a second one changes nothing', async () => {
    await using system = await warmSystem()
    expect(await states(system)).toEqual(WHOLE)
    expect(system.cluster.created).toBe(4)
    const before = await slotsOf(system)
    const { steps, waiting } = await system.refill()
    expect([steps, waiting]).toEqual([0, false])
    expect(await slotsOf(system)).toEqual(before)
    expect(system.cluster.created).toBe(4)
  })

  it('confirms warm slots, so that they stay claimable', async () => {
    await using system = await warmSystem()
    for (let minute = 0; minute < 10; minute++) {
      system.sleep(system.services.limits.refillEveryMs)
      await system.refill()
    }
    expect((await (await system.visitor()).post('/session')).body.source).toBe('warm')
    expect(system.cluster.created).toBe(4)
  })

  it('records the progress and the problem of a start', async () => {
    await using system = await testSystem()
    system.cluster.readyAtOnce = false
    await system.refill()
    const [slot] = (await system.pool()).slots
    expect(slot?.state).toBe('starting')
    expect(slot?.progress?.map((p) => [p.step, p.at !== null])).toEqual([
      ['created', true],
      ['scheduled', true],
      ['network', false],
      ['started', false],
      ['ready', false],
    ])
    expect(slot?.routed).toEqual({ at: null })
    system.cluster.trouble('ImagePullBackOff')
    await system.refill()
    const pool = await system.pool()
    expect(pool.slots.map((s) => s.problem)).toEqual(Array.from({ length: 4 }, () => 'ImagePullBackOff'))
    expect(pool.refill).toMatchObject({ healthy: false, problem: 'ImagePullBackOff' })
  })

  it('reports its time, the live sessions, and the duration of starts', async () => {
    await using system = await testSystem()
    const asleep = await system.pool()
    expect(asleep.refill).toEqual({
      lastRunAt: null,
      healthy: false,
      confirmedAt: null,
      problem: 'Refill has not confirmed the pool yet.',
    })
    expect(asleep.slots.map((s) => s.state)).toEqual(['empty', 'empty', 'empty', 'empty'])
    await system.refill()
    await liveVisitor(system)
    // The summary is cached for a few seconds.
    system.sleep(6_000)
    const pool = await system.pool()
    expect(pool.refill.healthy).toBe(true)
    expect(system.services.now() - Date.parse(pool.refill.lastRunAt ?? '')).toBeLessThan(60_000)
    expect(pool).toMatchObject({ target: 4, cap: 16, live: 1, cluster: { name: 'test', version: 'v1.36.3' } })
    expect(pool.last24h).toMatchObject({ warm: 1, cold: 0, refused: 0, kills: 0, start: { n: 5 } })
  })
})

describe('a warm pod', () => {
  it('that is no longer Ready is replaced', async () => {
    await using system = await warmSystem()
    const [sick] = await slotsOf(system)
    if (sick?.state !== 'WARM') throw new Error('There is a warm slot.')
    system.cluster.sicken(sick.job)
    await system.refill()
    const [replaced] = await slotsOf(system)
    expect(await states(system)).toEqual(WHOLE)
    expect(replaced).toMatchObject({ slot: 0, gen: sick.gen + 1 })
    expect(system.cluster.jobs.has(sick.job)).toBe(false)
  })

  it('whose Job a person deleted is replaced', async () => {
    await using system = await warmSystem()
    const [slot] = await slotsOf(system)
    if (slot?.state !== 'WARM') throw new Error('There is a warm slot.')
    await system.cluster.deleteJob(slot.job, {})
    await system.refill()
    expect(await states(system)).toEqual(WHOLE)
    expect(system.cluster.jobs.size).toBe(4)
  })

  it('that does not start within its budget is replaced after a pause', async () => {
    await using system = await testSystem()
    system.cluster.readyAtOnce = false
    await system.refill()
    system.sleep(system.services.limits.startBudgetMs + 1)
    await system.refill()
    const { slots, refill } = await system.pool()
    expect(slots.map((s) => [s.state, s.gen])).toEqual([0, 1, 2, 3].map(() => ['starting', 1]))
    expect(refill.problem).toContain('did not start in time')
    expect(refill.healthy).toBe(false)
    system.cluster.makeReady()
    await system.refill()
    expect(await states(system)).toEqual(WHOLE)
    expect((await system.pool()).refill).toMatchObject({ healthy: true })
  })
})

describe('a deploy of another specification', () => {
  it('replaces the warm pods one at a time, never leaving fewer than three', async () => {
    await using system = await warmSystem()
    const services = deployed(system)
    let least = 4
    const { move } = services.slots
    services.slots.move = async (...args) => {
      const moved = await move.apply(services.slots, args)
      const ready = (await slotsOf(system)).filter((s) => s.state === 'WARM')
      least = Math.min(least, ready.length)
      return moved
    }
    await system.refill(services)
    expect(least).toBe(3)
    const slots = await slotsOf(system)
    expect(slots.map((s) => [s.state, s.state === 'WARM' && s.spec])).toEqual(
      WHOLE.map(() => ['WARM', 'another-spec']),
    )
    expect(system.cluster.jobs.size).toBe(4)
  })

  it('leaves the pods of visitors alone', async () => {
    await using system = await warmSystem()
    const visitor = await liveVisitor(system)
    const before = (await visitor.get('/session/:id')).body.pod
    await system.refill(deployed(system))
    expect((await visitor.get('/session/:id')).body).toMatchObject({ state: 'live', pod: before })
  })
})

describe('an orphan', () => {
  it('is deleted when no row names it, and only when it is old', async () => {
    await using system = await warmSystem()
    await system.cluster.createJob({ name: 'warm-9-1-stray', key: 'k', labels: {} })
    await system.cluster.createJob({ name: 'warm-0-99-stray', key: 'k', labels: {} })
    await system.refill()
    expect(system.cluster.jobs.size).toBe(6)
    system.sleep(system.services.limits.orphanGraceMs + 1)
    await system.refill()
    expect([...system.cluster.jobs.keys()].filter((name) => name.endsWith('stray'))).toEqual([])
    expect(await states(system)).toEqual(WHOLE)
  })

  it('is not the Job of a visitor, however old, even if the list of sessions lags', async () => {
    await using system = await warmSystem()
    const visitor = await liveVisitor(system)
    await visitor.post('/session/:id/connected', { epoch: 1, connectMs: 1, firstPongMs: 1 })
    system.services.sessions.unfinalizedIds = async () => []
    for (let i = 0; i < 3; i++) {
      system.sleep(60_000)
      await system.refill()
    }
    expect((await visitor.get('/session/:id')).body.state).toBe('live')
    expect(system.cluster.jobs.size).toBe(5)
  })

  it('is not a Job that a session starts to use while refill checks it', async () => {
    await using system = await warmSystem()
    const visitor = await liveVisitor(system)
    await visitor.post('/session/:id/connected', { epoch: 1, connectMs: 1, firstPongMs: 1 })
    const { sessions } = system.services
    await system.cluster.createJob({ name: 'cold-stray', key: 'k', labels: { 'session-id': visitor.id } })
    system.sleep(system.services.limits.orphanGraceMs + 1)
    const { get } = sessions
    sessions.get = async (id) => {
      const row = await get.call(sessions, id)
      if (row?.job !== 'cold-stray' && row) await sessions.update(row, { ...row, job: 'cold-stray' })
      return row
    }
    await system.refill()
    expect(system.cluster.jobs.has('cold-stray')).toBe(true)
  })

  it('is also a pod whose Job was deleted without it', async () => {
    await using system = await warmSystem()
    await system.cluster.createJob({ name: 'warm-9-1-stray', key: 'k', labels: {} })
    system.cluster.orphan('warm-9-1-stray')
    await system.refill()
    expect(system.cluster.strays).toHaveLength(1)
    system.sleep(system.services.limits.orphanGraceMs + 1)
    await system.refill()
    expect(system.cluster.strays).toEqual([])
  })

  it('of an ended session is deleted also after the session was finalized', async () => {
    await using system = await warmSystem()
    const visitor = await liveVisitor(system)
    const job = (await system.services.sessions.get(visitor.id))?.job ?? ''
    await visitor.delete('/session/:id')
    await system.refill()
    expect(system.cluster.jobs.has(job)).toBe(false)
    await system.cluster.createJob({ name: job, key: 'k', labels: { 'session-id': visitor.id } })
    system.sleep(system.services.limits.orphanGraceMs + 1)
    await system.refill()
    expect(system.cluster.jobs.has(job)).toBe(false)
  })
})

describe('a full quota', () => {
  it('shows in the pool, and refill’s pause does not grow', async () => {
    await using system = await testSystem({ quota: 2 })
    await system.refill()
    const first = await system.pool()
    expect(first.slots.map((s) => s.state).sort()).toEqual(['empty', 'empty', 'warm', 'warm'])
    expect(first.refill).toMatchObject({ healthy: false, problem: expect.stringContaining('ResourceQuota') })
    const pauses: number[] = []
    for (let i = 0; i < 3; i++) {
      const { refill } = await system.pool()
      // The pause may be over before the pool is read.
      const until = refill.pausedUntil ?? refill.lastRunAt ?? ''
      const pauseMs = Date.parse(until) - Date.parse(refill.lastRunAt ?? '')
      pauses.push(pauseMs)
      system.sleep(pauseMs + 1_000)
      await system.refill()
    }
    for (const pauseMs of pauses) expect(pauseMs).toBeLessThanOrEqual(system.services.limits.refillBackOffMs)
    system.cluster.quota = 16
    system.sleep(system.services.limits.refillBackOffMs)
    await system.refill()
    expect(await states(system)).toEqual(WHOLE)
    expect((await system.pool()).refill).toMatchObject({ healthy: true })
    expect((await system.pool()).refill.pausedUntil).toBeUndefined()
  })

  it('causes a few requests to the cluster, not a busy loop', async () => {
    await using system = await testSystem({ quota: 0 })
    let asked = 0
    const { createJob } = system.cluster
    system.cluster.createJob = (...args) => {
      asked++
      return createJob.apply(system.cluster, args)
    }
    await system.refill()
    // Five seconds, with two seconds between the tries of each of the four slots.
    expect(asked).toBeLessThanOrEqual(12)
  })
})

describe('the owner’s pause', () => {
  it('keeps slots empty, and refill does not end it', async () => {
    await using system = await testSystem()
    const untilMs = system.services.now() + 3_600_000
    await system.pause(untilMs)
    for (let i = 0; i < 3; i++) {
      system.sleep(60_000)
      await system.refill()
    }
    const pool = await system.pool()
    expect(system.cluster.created).toBe(0)
    expect(Date.parse(pool.refill.pausedUntil ?? '')).toBe(untilMs)
    expect(pool.slots.map((s) => s.state)).toEqual(['empty', 'empty', 'empty', 'empty'])
    system.sleep(3_600_000)
    await system.refill()
    expect(await states(system)).toEqual(WHOLE)
  })

  it('holds when it is set during a reconciliation', async () => {
    await using system = await testSystem()
    const untilMs = system.services.now() + 3_600_000
    const { list } = system.cluster
    let runs = 0
    system.cluster.list = async () => {
      if (runs++ === 0) await system.pause(untilMs)
      return list.apply(system.cluster)
    }
    await system.refill()
    expect(Date.parse((await system.pool()).refill.pausedUntil ?? '')).toBe(untilMs)
  })
})

/** A refusal as the Kubernetes client throws it. */
function refusal(code: number, message: string): Error {
  const body = JSON.stringify({ kind: 'Status', code, message })
  return Object.assign(new Error(`HTTP-Code: ${code}`), { code, body })
}

const FORBIDDEN = 'jobs.batch is forbidden'
const MISSING = 'namespaces "warm-pods" not found'

describe('a cluster that refuses', () => {
  it.each([
    [401, 'Unauthorized'],
    [403, FORBIDDEN],
  ])('shows in the pool, in health and to a visitor in its own words: %i %s', async (code, words) => {
    await using system = await testSystem()
    system.cluster.outage = refusal(code, words)
    const problem = `Kubernetes answered ${code}: ${words}`
    await expect(system.refill()).rejects.toThrow(String(code))
    expect((await system.pool()).refill).toMatchObject({ healthy: false, problem })
    const { status, body } = await (await system.visitor()).post('/session')
    expect([status, body.error.code, body.error.message]).toEqual([503, 'unavailable', problem])
    const health = await system.call<unknown>({ method: 'GET', path: '/health' })
    expect(health).toMatchObject({
      status: 503,
      body: {
        dependencies: [
          { ok: true },
          { ok: false, problem },
          { name: 'gateway' },
          { name: 'refill', ok: false },
        ],
      },
    })
  })

  it('names the missing namespace, also after the starts of its pods have timed out', async () => {
    await using system = await testSystem()
    // The API server lists nothing in a namespace that is missing. Only the create names it.
    system.cluster.createJob = async () => {
      throw refusal(404, MISSING)
    }
    const problem = `Kubernetes answered 404: ${MISSING}`
    await system.refill()
    expect((await system.pool()).refill).toMatchObject({ healthy: false, problem })
    const { status, body } = await (await system.visitor()).post('/session')
    expect([status, body.error.code, body.error.message]).toEqual([503, 'unavailable', problem])
    await system.pause(system.services.now() + 10 * system.services.limits.startBudgetMs)
    system.sleep(system.services.limits.startBudgetMs + 1)
    await system.refill()
    expect((await system.pool()).slots.map(({ state }) => state)).toEqual([
      'empty',
      'empty',
      'empty',
      'empty',
    ])
    expect((await system.pool()).refill).toMatchObject({ healthy: false, problem })
  })
})

describe('a second error', () => {
  const down = Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' })
  const fails = () => Promise.reject(down)

  it.each(['recordError', 'releaseLease'] as const)(
    'of %s does not replace the error that made refill fail, and is in the log',
    async (method) => {
      await using system = await warmSystem()
      const logged = vi.spyOn(console, 'log')
      system.cluster.outage = refusal(403, FORBIDDEN)
      system.services.refill[method] = fails
      await expect(system.refill()).rejects.toThrow('403')
      expect(logged.mock.calls.join('\n')).toMatch(/refill_second_error.*ECONNREFUSED/)
      logged.mockRestore()
    },
  )

  it('of another step is in the problem after the first', async () => {
    await using system = await testSystem()
    system.cluster.createJob = async ({ name }) => {
      throw name.startsWith('warm-0-') ? refusal(404, MISSING) : refusal(403, FORBIDDEN)
    }
    await system.refill()
    expect((await system.pool()).refill.problem).toBe(
      `Kubernetes answered 404: ${MISSING}. Also: Kubernetes answered 403: ${FORBIDDEN}`,
    )
  })

  it('while refill reads the version of Kubernetes leaves the problem in place', async () => {
    await using system = await testSystem()
    system.cluster.createJob = async () => {
      throw refusal(404, MISSING)
    }
    system.cluster.version = fails
    await system.refill()
    expect((await system.pool()).refill.problem).toBe(`Kubernetes answered 404: ${MISSING}`)
  })
})

describe('a cluster that does not answer', () => {
  it('shows in the pool until the next pass that can read', async () => {
    await using system = await warmSystem()
    system.cluster.outage = Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' })
    await expect(system.refill()).rejects.toThrow('ECONNREFUSED')
    expect((await system.pool()).refill).toMatchObject({
      healthy: false,
      problem: 'Kubernetes did not answer (ECONNREFUSED)',
    })
    expect((await (await system.visitor()).post('/session')).status).toBe(201)
    system.cluster.outage = undefined
    await system.refill()
    expect((await system.pool()).refill.healthy).toBe(true)
    expect(await states(system)).toEqual(WHOLE)
  })

  it('is a typed error to a visitor who needs it, and shows in health', async () => {
    await using system = await testSystem()
    system.cluster.outage = Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' })
    const { status, body } = await (await system.visitor()).post('/session')
    expect([status, body.error.code, body.error.message]).toEqual([
      503,
      'unavailable',
      'Kubernetes did not answer (ECONNREFUSED)',
    ])
    const health = await system.call<unknown>({ method: 'GET', path: '/health' })
    expect(health).toMatchObject({
      status: 503,
      body: {
        ok: false,
        dependencies: [
          { name: 'dynamodb', ok: true },
          { name: 'kubernetes', ok: false, problem: 'Kubernetes did not answer (ECONNREFUSED)' },
          { name: 'gateway' },
          { name: 'refill', ok: false, problem: 'Refill has not confirmed the pool yet.' },
        ],
      },
    })
  })

  it('delays a cold session until it answers again', async () => {
    await using system = await testSystem()
    system.cluster.outage = Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' })
    const visitor = await system.visitor()
    await visitor.post('/session')
    system.cluster.outage = undefined
    await system.refill()
    expect((await visitor.post('/session')).body).toMatchObject({ state: 'live', source: 'cold' })
  })
})

describe('the manifest', () => {
  it('of a Job carries the key of its row, and no label does', async () => {
    await using system = await warmSystem()
    const [slot] = await slotsOf(system)
    if (slot?.state !== 'WARM') throw new Error('There is a warm slot.')
    expect(system.cluster.keys.get(slot.job)).toBe(slot.key)
    const manifest = jobManifest({ name: slot.job, key: slot.key, labels: {} }, system.services.config)
    expect(JSON.stringify(manifest.metadata)).not.toContain(slot.key)
  })
})
