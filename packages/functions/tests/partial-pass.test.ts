/** Invocations of refill that read only the rows that their triggers name. */
import { sessionWork, slotWork, type Work } from '@warm-pods/core/state/work.ts'
import { describe, expect, it } from 'vitest'
import { liveVisitor, type System, testSystem, warmSystem } from './_system.ts'

const WARM = Array(4).fill('warm')

const states = async (system: System): Promise<string[]> =>
  (await system.pool()).slots.map(({ state }) => state)

/** Counts the lists of the whole cluster from now on. */
function countLists({ cluster }: System): () => number {
  const { list } = cluster
  let lists = 0
  cluster.list = () => {
    lists++
    return list.call(cluster)
  }
  return () => lists
}

/** Acquires the lease and never releases it, as an invocation that crashes. */
async function crash({ services, sleep }: System): Promise<void> {
  const { limits, newId, now, refill } = services
  await refill.acquireLease(newId(), now(), limits.refillLeaseMs)
  sleep(limits.refillLeaseMs + 1)
}

describe('a trigger', () => {
  it('of a warm claim names the slot, and of any other request the session', async () => {
    await using system = await warmSystem()
    const visitor = await system.visitor()
    const { body } = await visitor.post('/session')
    const slot = Number(/^warm-(\d)-/.exec(body.pod?.name ?? '')?.[1])
    expect(system.named).toEqual([[slotWork(slot)]])
    await system.refill()
    system.sleep(10_000)
    await visitor.post('/session/:id/recover', { epoch: 1, how: 'failover' })
    const [, recovery] = system.named
    expect(recovery).toEqual([sessionWork(visitor.id), expect.stringMatching(/^slot#\d$/)])
    await visitor.post('/session/:id/recover', { epoch: 2, how: 'heal' })
    await visitor.delete('/session/:id')
    expect(system.named.slice(2)).toEqual([[sessionWork(visitor.id)], [sessionWork(visitor.id)]])
  })

  it('of a cold start names the session', async () => {
    await using system = await testSystem()
    const visitor = await system.visitor()
    expect((await visitor.post('/session')).status).toBe(202)
    expect(system.named).toEqual([[sessionWork(visitor.id)]])
  })
})

describe('an invocation of refill', () => {
  it('reads the rows of its trigger alone after the pool was left at rest', async () => {
    await using system = await warmSystem()
    const lists = countLists(system)
    await (await system.visitor()).post('/session')
    await system.refill(undefined, system.named[0])
    expect([await states(system), lists()]).toEqual([WARM, 0])
  })

  it('finalizes a released session and deletes its Job without a list', async () => {
    await using system = await warmSystem()
    const visitor = await liveVisitor(system)
    await system.refill()
    await visitor.delete('/session/:id')
    const lists = countLists(system)
    await system.refill(undefined, system.named.at(-1))
    expect([system.cluster.jobs.size, lists()]).toEqual([4, 0])
    expect((await system.services.sessions.get(visitor.id))?.finalized).toBe(true)
  })

  it.each<[string, (system: System) => Promise<void>]>([
    ['after an invocation that crashed', crash],
    [
      'after an invocation whose time was up',
      async (system) => {
        system.cluster.readyAtOnce = false
        expect((await system.refill()).waiting).toBe(true)
        system.cluster.readyAtOnce = true
        system.cluster.makeReady()
      },
    ],
    ['while a doubt is reported', ({ services }) => services.refill.reportDoubt(services.now())],
  ])('compares every row %s', async (_when, happen) => {
    await using system = await warmSystem()
    await (await system.visitor()).post('/session')
    await happen(system)
    const lists = countLists(system)
    await system.refill(undefined, system.named[0])
    expect(lists()).toBeGreaterThan(0)
    expect(await states(system)).toEqual(WARM)
  })

  it('compares every row after a pass that left a slot empty for a pause', async () => {
    await using system = await warmSystem()
    await system.pause(system.services.now() + 60_000)
    await (await system.visitor()).post('/session')
    await system.refill(undefined, system.named[0])
    expect(await states(system)).toContain('empty')
    await system.pause(0)
    const lists = countLists(system)
    await system.refill(undefined, [slotWork(3)])
    expect(lists()).toBeGreaterThan(0)
    expect(await states(system)).toEqual(WARM)
  })

  it('does the work of triggers that find the lease taken, and compares every row only when one asks for it', async () => {
    await using system = await warmSystem()
    const lists = countLists(system)
    const others: Work[] = []
    const { inspect } = system.cluster
    // A second claim and its trigger come while the first pass reads. Then a trigger of the schedule comes.
    system.cluster.inspect = async (job) => {
      const seen = await inspect.call(system.cluster, job)
      if (others.length < 2) {
        others.push(others.length === 0 ? [] : 'all')
        if (others.length === 1) await (await system.visitor()).post('/session')
        const work = others.length === 1 ? system.named.at(-1) : 'all'
        expect(await system.refill(undefined, work)).toEqual({ passes: 0, steps: 0, waiting: true })
        if (others.length === 1) expect(lists()).toBe(0)
      }
      return seen
    }
    await (await system.visitor()).post('/session')
    const { waiting } = await system.refill(undefined, system.named[0])
    expect([waiting, await states(system)]).toEqual([false, WARM])
    expect(lists()).toBeGreaterThan(0)
  })

  it('ignores a slot and a session that do not exist', async () => {
    await using system = await warmSystem()
    const { waiting } = await system.refill(undefined, [slotWork(99), sessionWork('none')])
    expect([waiting, await states(system)]).toEqual([false, WARM])
    expect(system.cluster.jobs.size).toBe(4)
  })
})
