import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { eventually, startWhole, type Whole } from './_whole.ts'

describe('a whole visit', () => {
  let whole: Whole
  beforeAll(async () => {
    whole = await startWhole()
    await whole.wholeAgain()
  })
  afterAll(async () => {
    await whole[Symbol.asyncDispose]()
  })

  it('holds a warm pod, pings it, and the pool is whole again', async () => {
    const visitor = await whole.visitor()
    const { status, body } = await visitor.call('POST', '/session')
    expect([status, body.source]).toEqual([201, 'warm'])
    using line = await visitor.connect(body)
    expect(await line.ping(1)).toMatch(/^p,1,\d+$/)
    expect(JSON.parse(line.said[0] ?? '')).toMatchObject({
      type: 'hello',
      uid: body.pod?.uid,
      alias: body.pod?.alias,
      node: 'test-node',
    })
    expect(
      (await visitor.call('POST', '/session/:id/connected', { epoch: 1, connectMs: 3, firstPongMs: 9 }))
        .status,
    ).toBe(204)
    const pool = await whole.wholeAgain()
    expect(pool.slots.map((slot) => slot.pod?.uid)).not.toContain(body.pod?.uid)
    expect((await visitor.call('DELETE', '/session/:id')).status).toBe(204)
    expect((await line.closed).code).toBe(4001)
  })

  for (const how of ['polite', 'crash', 'freeze'] as const) {
    it(`fails over to a warm pod after a ${how} death, and times how the Job heals`, async () => {
      await whole.wholeAgain()
      const visitor = await whole.visitor()
      const { body: first } = await visitor.call('POST', '/session')
      using line = await visitor.connect(first)
      await line.ping(1)
      if (how !== 'polite') line.socket.send(`die,${how}`)
      const killed = await visitor.call('DELETE', `/session/:id/pod?how=${how}`)
      expect([killed.status, killed.body.state]).toEqual([202, 'recovering'])
      const { code } = await line.closed
      expect(code).toBe(how === 'polite' ? 4001 : 1006)
      if (how === 'polite') expect(line.said.at(-1)).toContain('"terminating"')
      const { status, body: second } = await visitor.call('POST', '/session/:id/recover', {
        epoch: 1,
        how: 'failover',
      })
      expect([status, second.source, second.epoch]).toEqual([201, 'rescued', 2])
      expect(second.pod?.uid).not.toBe(first.pod?.uid)
      using next = await visitor.connect(second)
      await next.ping(1)
      const healed = await eventually(async () => {
        const { body } = await visitor.call('GET', '/session/:id')
        return body.heals[0]
      })
      expect(healed).toMatchObject({ epoch: 1, how })
      await visitor.call('DELETE', '/session/:id')
    })
  }

  for (const how of ['polite', 'crash', 'freeze'] as const) {
    it(`lets the Job heal after a ${how} death: the same Job, another pod`, async () => {
      await whole.wholeAgain()
      const visitor = await whole.visitor()
      const { body: first } = await visitor.call('POST', '/session')
      using line = await visitor.connect(first)
      await line.ping(1)
      if (how !== 'polite') line.socket.send(`die,${how}`)
      await visitor.call('DELETE', `/session/:id/pod?how=${how}`)
      await line.closed
      const { status, body } = await visitor.call('POST', '/session/:id/recover', { epoch: 1, how: 'heal' })
      expect([status, body.state, body.epoch]).toEqual([202, 'recovering', 2])
      const live = await visitor.until('live')
      expect(live.pod?.uid).not.toBe(first.pod?.uid)
      expect(live.pod?.name.split('-').slice(0, 4)).toEqual(first.pod?.name.split('-').slice(0, 4))
      expect(live.heals).toMatchObject([{ epoch: 1, how }])
      using next = await visitor.connect(live)
      await next.ping(1)
      await visitor.call('DELETE', '/session/:id')
    })
  }

  it('leaves nothing behind: four Jobs, four pods, no live session', async () => {
    const left = await eventually(async () => {
      const { jobs, pods } = await (await whole.services.cluster()).list()
      const ids = await whole.services.sessions.unsettledIds()
      return jobs.length === 4 && pods.length === 4 && ids.length === 0 ? { jobs, pods } : undefined
    })
    const { slots } = await whole.pool()
    expect(new Set(left.pods.map((p) => p.pod.uid))).toEqual(new Set(slots.map((slot) => slot.pod?.uid)))
  })
})
