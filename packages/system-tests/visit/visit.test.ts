import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { CLOSE } from '@warm-pods/core/socket.ts'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { eventually, startTestSystem, type TestSystem } from './_system.ts'

const CLIENT = fileURLToPath(new URL('../../../docs/client.mjs', import.meta.url))

describe('a visit', () => {
  let system: TestSystem
  beforeAll(async () => {
    system = await startTestSystem()
    await system.poolFull()
  })
  afterAll(async () => {
    await system[Symbol.asyncDispose]()
  })

  it('claims a warm pod and pings it, and the pool fills up again', async () => {
    const visitor = await system.visitor()
    const { status, body } = await visitor.call('POST', '/session')
    expect([status, body.source]).toEqual([201, 'warm'])
    using socket = await visitor.connect(body)
    expect(await socket.ping(1)).toMatch(/^p,1,\d+$/)
    expect(JSON.parse(socket.messages[0] ?? '')).toMatchObject({
      type: 'hello',
      uid: body.pod?.uid,
      alias: body.pod?.alias,
      node: 'test-node',
    })
    expect(
      (await visitor.call('POST', '/session/:id/connected', { epoch: 1, connectMs: 3, firstPongMs: 9 }))
        .status,
    ).toBe(204)
    const pool = await system.poolFull()
    expect(pool.slots.map((slot) => slot.pod?.uid)).not.toContain(body.pod?.uid)
    expect((await visitor.call('DELETE', '/session/:id')).status).toBe(204)
    expect((await socket.closed).code).toBe(4001)
  })

  it.each(['a path', 'an absolute URL'])('is made by docs/client.mjs when socket.url is %s', async (form) => {
    await system.poolFull()
    const { config } = system.services
    const gatewayUrl = form === 'an absolute URL' ? system.site.replace('http', 'ws') : ''
    const before = config.gatewayUrl
    Object.assign(config, { gatewayUrl })
    try {
      const { stdout } = await promisify(execFile)(process.execPath, [CLIENT, `${system.site}/api`])
      const pods = [...stdout.matchAll(/^(\S+) p,([0-4]),\d+ [\d.]+ ms$/gm)]
      expect(
        pods.map(([, , seq]) => Number(seq)),
        stdout,
      ).toEqual([0, 1, 2, 3, 4, 0, 1, 2, 3, 4])
      expect(new Set(pods.map(([, alias]) => alias)).size).toBe(2)
      expect(stdout).toContain(`closed: ${CLOSE.terminating.code} ${CLOSE.terminating.meaning}`)
    } finally {
      Object.assign(config, { gatewayUrl: before })
    }
  })

  for (const how of ['polite', 'crash', 'freeze'] as const) {
    it(`fails over to a warm pod after a ${how} kill, and records how long the Job takes to heal`, async () => {
      await system.poolFull()
      const visitor = await system.visitor()
      const { body: first } = await visitor.call('POST', '/session')
      using socket = await visitor.connect(first)
      await socket.ping(1)
      if (how !== 'polite') socket.send(`die,${how}`)
      const killed = await visitor.call('DELETE', `/session/:id/pod?how=${how}`)
      expect([killed.status, killed.body.state]).toEqual([202, 'recovering'])
      const { code } = await socket.closed
      expect(code).toBe(how === 'polite' ? 4001 : 1006)
      if (how === 'polite') expect(socket.messages.at(-1)).toContain('"terminating"')
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
    it(`heals after a ${how} kill with another pod of the same Job`, async () => {
      await system.poolFull()
      const visitor = await system.visitor()
      const { body: first } = await visitor.call('POST', '/session')
      using socket = await visitor.connect(first)
      await socket.ping(1)
      if (how !== 'polite') socket.send(`die,${how}`)
      await visitor.call('DELETE', `/session/:id/pod?how=${how}`)
      await socket.closed
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

  it('leaves four Jobs, four pods and no open session behind', async () => {
    const remaining = await eventually(async () => {
      const { jobs, pods } = await (await system.services.cluster()).list()
      const ids = await system.services.sessions.unfinalizedIds()
      return jobs.length === 4 && pods.length === 4 && ids.length === 0 ? { jobs, pods } : undefined
    })
    const { slots } = await system.pool()
    expect(new Set(remaining.pods.map(({ pod }) => pod.uid))).toEqual(
      new Set(slots.map((slot) => slot.pod?.uid)),
    )
  })
})
