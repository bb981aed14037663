import type { PodView } from '@warm-pods/core/state/cluster-view.ts'
import { describe, expect, it } from 'vitest'
import { pending, pod } from '../../core/src/planner/_world.ts'
import { gatewayHealth } from '../src/api/gateway-health.ts'
import type { Handshake } from '../src/gateway/handshake.ts'
import { PathChecks } from '../src/gateway/path-checks.ts'
import { type System, testSystem, warmSystem } from './_system.ts'

const ANSWERED_504: Handshake = {
  reach: 'no_answer',
  problem: 'answered 504: the pod did not answer in time',
}
const SENTENCE = `Kubernetes reports the pod Ready, but the gateway does not reach it: it ${ANSWERED_504.problem}`
const states = async (system: System) => (await system.pool()).slots.map(({ state }) => state)

describe('a slot whose Ready pod the gateway does not reach', () => {
  it('is not warm; pool and health name the step that fails; its Job is kept, and it is warm once it is reached', async () => {
    await using system = await testSystem()
    system.gateway.result = ANSWERED_504
    // A slow machine makes fewer handshakes in one invocation than are reported.
    for (let i = 0; i < 5; i++) await system.refill()
    const pool = await system.pool()
    for (const slot of pool.slots) {
      expect(slot).toMatchObject({ state: 'starting', problem: SENTENCE })
      expect(slot.progress?.at(-1)).toEqual({ step: 'ready', at: expect.any(String) })
      expect(slot.routed).toEqual({ at: null, problem: SENTENCE })
    }
    expect(pool.refill).toMatchObject({ healthy: false, problem: SENTENCE })
    const { body } = await system.call<{ dependencies: object[] }>({ method: 'GET', path: '/health' })
    expect(body.dependencies).toContainEqual(
      expect.objectContaining({ name: 'gateway', ok: false, problem: SENTENCE }),
    )
    expect(system.cluster.created).toBe(4)
    system.gateway.result = { reach: 'answers' }
    system.sleep(5_000)
    await system.refill()
    expect(await states(system)).toEqual(['warm', 'warm', 'warm', 'warm'])
    expect(system.cluster.created).toBe(4)
    expect((await system.pool()).refill).toMatchObject({ healthy: true })
  })

  it('gets few new Jobs in ten minutes: one after each start budget and a pause', async () => {
    await using system = await testSystem()
    system.gateway.result = ANSWERED_504
    const { startBudgetMs } = system.services.limits
    for (let minute = 0; minute < 10; minute++) {
      await system.refill()
      system.sleep(startBudgetMs)
    }
    const { refillBackOffMaxMs, refillEveryMs } = system.services.limits
    const cycles = (10 * refillEveryMs) / (startBudgetMs + refillBackOffMaxMs)
    expect(system.cluster.created).toBeLessThanOrEqual(4 * (cycles + 1))
    expect((await system.pool()).refill.problem).toContain(SENTENCE)
  })

  it('keeps its Job for as long as the gateway itself is down', async () => {
    await using system = await testSystem()
    system.gateway.result = { reach: 'gateway_down', problem: 'cannot be reached (ECONNREFUSED)' }
    for (let minute = 0; minute < 5; minute++) {
      await system.refill()
      system.sleep(system.services.limits.refillEveryMs)
    }
    expect(system.cluster.created).toBe(4)
    expect((await system.pool()).slots[0]?.problem).toBe(
      'Kubernetes reports the pod Ready, but the gateway cannot be reached (ECONNREFUSED)',
    )
  })
})

describe('a warm slot whose way breaks after it became warm', () => {
  it('is replaced once handshakes have failed for some seconds; pool and claims do not count it as warm', async () => {
    await using system = await warmSystem()
    const { pathCheckMs, unreachedMs } = system.services.limits
    const [before] = (await system.pool()).slots
    expect(before).toMatchObject({ state: 'warm', reachedAgoMs: expect.any(Number) })
    system.sleep(pathCheckMs)
    await system.refill()
    expect((await system.pool()).slots[0]?.reachedAgoMs).toBeLessThan(pathCheckMs)

    system.gateway.result = ANSWERED_504
    system.sleep(pathCheckMs)
    for (let i = 0; i < 5; i++) {
      await system.refill()
      system.sleep(unreachedMs)
    }
    const pool = await system.pool()
    expect(pool.refill).toMatchObject({ healthy: false, problem: SENTENCE })
    for (const { gen, state } of pool.slots) {
      expect(['empty', 'starting']).toContain(state)
      expect(gen).toBe((before?.gen ?? 0) + 1)
    }
    expect((await (await system.visitor()).post('/session')).status).toBe(202)

    system.gateway.result = { reach: 'answers' }
    system.sleep(system.services.limits.startBudgetMs)
    for (let i = 0; i < 3; i++) {
      await system.refill()
      system.sleep(system.services.limits.refillBackOffMaxMs)
    }
    expect(await states(system)).toEqual(['warm', 'warm', 'warm', 'warm'])
  })

  it('stays warm after one failed handshake', async () => {
    await using system = await warmSystem()
    const created = system.cluster.created
    system.sleep(system.services.limits.pathCheckMs)
    const failing = [ANSWERED_504, ANSWERED_504, ANSWERED_504, ANSWERED_504]
    Object.defineProperty(system.gateway, 'result', {
      get: () => failing.pop() ?? { reach: 'answers' },
    })
    for (let i = 0; i < 3; i++) await system.refill()
    expect(await states(system)).toEqual(['warm', 'warm', 'warm', 'warm'])
    expect(system.cluster.created).toBe(created)
  })

  it('stays warm while the gateway itself is down, and the pool says so for as long', async () => {
    await using system = await warmSystem()
    const created = system.cluster.created
    system.gateway.result = { reach: 'gateway_down', problem: 'cannot be reached (ECONNREFUSED)' }
    for (let minute = 0; minute < 4; minute++) {
      system.sleep(system.services.limits.refillEveryMs)
      await system.refill()
      await system.refill()
      expect((await system.pool()).refill.problem).toBe(
        'Kubernetes reports the pod Ready, but the gateway cannot be reached (ECONNREFUSED)',
      )
    }
    expect(await states(system)).toEqual(['warm', 'warm', 'warm', 'warm'])
    expect(system.cluster.created).toBe(created)
    system.gateway.result = { reach: 'answers' }
    system.sleep(system.services.limits.refillEveryMs)
    await system.refill()
    expect((await system.pool()).refill).toMatchObject({ healthy: true })
  })
})

describe('a cold session', () => {
  it('waits for the gateway to reach its pod, and shows why', async () => {
    await using system = await testSystem()
    const visitor = await system.visitor()
    system.gateway.result = ANSWERED_504
    expect((await visitor.post('/session')).status).toBe(202)
    const { body } = await visitor.get('/session/:id')
    expect(body.state).toBe('starting')
    expect(body.routed).toEqual({ at: null, problem: SENTENCE })
    system.gateway.result = { reach: 'answers' }
    system.sleep(2_000)
    expect((await visitor.get('/session/:id')).body.state).toBe('live')
  })

  it('gets its pod while the gateway is down, which says nothing about the pod', async () => {
    await using system = await testSystem()
    const visitor = await system.visitor()
    system.gateway.result = { reach: 'gateway_down', problem: 'answered 503: no gateway is available' }
    await visitor.post('/session')
    expect((await visitor.get('/session/:id')).body.state).toBe('live')
  })
})

describe('health', () => {
  it('does not claim a checked gateway while no pod is warm', async () => {
    await using system = await testSystem()
    expect(await gatewayHealth(system.services, [])).toMatchObject({
      ok: true,
      problem: 'not checked, because no pod is warm',
    })
  })
})

describe('functions without the address of a gateway', () => {
  it('take Ready for warm, and say in health that the way is not checked', async () => {
    await using system = await testSystem()
    const { gateway: _gateway, paths: _paths, ...rest } = system.services
    await system.refill({ ...rest, gateway: undefined, paths: undefined })
    expect(await states(system)).toEqual(['warm', 'warm', 'warm', 'warm'])
    const { slots } = await rest.slots.read()
    expect(await gatewayHealth({ ...rest, gateway: undefined, paths: undefined }, slots)).toMatchObject({
      ok: true,
      problem: expect.stringContaining('GATEWAY_URL'),
    })
  })
})

describe('a claim', () => {
  it('of a warm pod makes no handshake', async () => {
    await using system = await warmSystem()
    let handshakes = 0
    const gateway = {
      handshake: async () => ANSWERED_504,
      recent: async () => {
        handshakes++
        return { ...ANSWERED_504, atMs: 0 }
      },
    }
    Object.assign(system.services, { gateway })
    expect((await (await system.visitor()).post('/session')).status).toBe(201)
    expect(handshakes).toBe(0)
  })
})

describe(PathChecks, () => {
  const JOBS = new Set(['a'])
  const READY: readonly PodView[] = [pod('a')]
  const isWaiting = (checks: PathChecks): boolean => checks.change(() => true) !== undefined

  /** Checks whose clock a test moves, and whose sleeps end at once without moving it. */
  function arrange(handshake: () => Promise<Handshake>) {
    const clock = { nowMs: 0, handshakes: 0 }
    const gateway = {
      handshake: () => {
        clock.handshakes++
        return handshake()
      },
    }
    const sleep = async (): Promise<void> => {
      for (let i = 0; i < 10; i++) await Promise.resolve()
    }
    const checks = new PathChecks(gateway, { monotonic: () => clock.nowMs, now: () => clock.nowMs, sleep })
    return { clock, checks }
  }

  it('makes no handshake with pods that are not Ready, are being deleted, or that no row waits for', async () => {
    const { clock, checks } = arrange(async () => ({ reach: 'answers' }))
    const pods = [pending('a'), pod('a', { deleting: true }, 1), pod('b')]
    const seen = await checks.observe(pods, JOBS)
    expect(seen.map(({ path }) => path)).toEqual(pods.map(() => ({ state: 'unchecked' })))
    expect([clock.handshakes, isWaiting(checks)]).toEqual([0, false])
  })

  it('repeats a failed handshake with growing pauses, and reports it from the fourth failure on', async () => {
    const { clock, checks } = arrange(async () => ANSWERED_504)
    const atMs: number[] = []
    const found: (string | undefined)[] = []
    for (; clock.nowMs < 60_000; clock.nowMs += 50) {
      const before = clock.handshakes
      const [view] = await checks.observe(READY, JOBS)
      if (clock.handshakes === before) continue
      atMs.push(clock.nowMs)
      found.push(view?.path?.state)
    }
    const pauses = atMs.slice(1).map((ms, i) => ms - (atMs[i] ?? 0))
    expect(pauses.slice(0, 7)).toEqual([100, 200, 400, 800, 1_600, 3_200, 5_000])
    expect(Math.max(...pauses)).toBe(5_000)
    expect(found.slice(0, 4)).toEqual(['unchecked', 'unchecked', 'unchecked', 'no_answer'])
  })

  it('does not hold a pass for a pod that does not answer, and makes one handshake at a time', async () => {
    const { clock, checks } = arrange(() => new Promise(() => undefined))
    for (let i = 0; i < 3; i++)
      expect((await checks.observe(READY, JOBS))[0]?.path).toEqual({ state: 'unchecked', isPending: true })
    expect([clock.handshakes, isWaiting(checks)]).toEqual([1, true])
  })

  it('forgets a pod that nothing waits for', async () => {
    const { checks } = arrange(async () => ANSWERED_504)
    await checks.observe(READY, JOBS)
    expect(isWaiting(checks)).toBe(true)
    await checks.observe(READY, new Set())
    expect(isWaiting(checks)).toBe(false)
  })

  it('keeps the pods that a partial pass has not read, until their Job is forgotten', async () => {
    const { checks } = arrange(async () => ANSWERED_504)
    await checks.observe(READY, JOBS)
    await checks.observe([pod('b')], new Set(['b']), { isWhole: false })
    expect(checks.change((job) => job === 'a')).toBeDefined()
    expect(await checks.change((job) => job === 'b')).toBe('b')
    checks.forget('a')
    expect(checks.change((job) => job === 'a')).toBeUndefined()
  })
})
