import type { ErrorBody, Session } from '@warm-pods/core/api/contracts.ts'
import { LIMITS } from '@warm-pods/core/limits.ts'
import { describe, expect, it } from 'vitest'
import { type System, warmSystem } from '../../functions/tests/_system.ts'

const HERE = '198.51.100.77'

async function claimTogether(
  system: System,
  count: number,
): Promise<{ status: number; code: string | undefined }[]> {
  const visitors = await Promise.all(Array.from({ length: count }, () => system.visitor(HERE)))
  const responses = await Promise.all(visitors.map((visitor) => visitor.post('/session')))
  return responses.map(({ body, status }) => ({ status, code: body.error?.code }))
}

describe('one address that claims in a loop', () => {
  it('holds at most its limit of sessions after 200 claims at once, and other addresses still get a pod', async () => {
    await using system = await warmSystem()
    const responses = await claimTogether(system, 200)
    const codes = new Set(responses.map(({ code }) => code))
    expect(codes.difference(new Set([undefined, 'too_many_sessions', 'too_many_claims']))).toEqual(new Set())
    const held = responses.filter(({ status }) => status < 300).length
    expect(held).toBeGreaterThan(0)
    expect(held).toBeLessThanOrEqual(LIMITS.liveSessionsPerAddress)
    await system.refill()
    const other = await (await system.visitor('198.51.100.78')).post('/session')
    expect(other.status).toBe(201)
  })

  it('gets only typed 429 errors during the window, also for claims one after the other', async () => {
    await using system = await warmSystem()
    for (let i = 0; i < 2 * LIMITS.claimsPerAddress; i++) {
      const visitor = await system.visitor(HERE)
      const { status, headers } = await visitor.post('/session')
      if (status === 201) await visitor.delete('/session/:id')
      else expect([status, Number(headers['retry-after']) > 0]).toEqual([429, true])
      await system.refill()
    }
    expect((await system.pool()).live).toBe(0)
  })

  it('holds no extra session by releasing it while its pod is being replaced', async () => {
    await using system = await warmSystem({ limits: { liveSessionsPerAddress: 1, claimsPerAddress: 100 } })
    for (let i = 0; i < 6; i++) {
      const visitor = await system.visitor(HERE)
      expect((await visitor.post('/session')).status).toBe(201)
      await system.refill()
      await Promise.all([
        visitor.post('/session/:id/recover', { epoch: 1, how: 'failover' }),
        visitor.delete('/session/:id'),
      ])
      await system.refill()
      expect((await visitor.get('/session/:id')).body.state).toBe('ended')
    }
    system.sleep(LIMITS.claimGraceMs + LIMITS.lostGraceMs)
    await system.refill()
    expect(system.cluster.jobs.size).toBe(LIMITS.target)
  })

  it('counts as one address, whatever its X-Forwarded-For header says', async () => {
    await using system = await warmSystem({ limits: { liveSessionsPerAddress: 1 } })
    const codes: unknown[] = []
    for (let i = 0; i < 3; i++) {
      const { secret } = await system.visitor()
      const headers = {
        authorization: `Bearer ${secret}`,
        'x-forwarded-for': `203.0.113.${i}`,
        forwarded: `for=203.0.113.${i}`,
      }
      const { body } = await system.call<Session & ErrorBody>({
        method: 'POST',
        path: '/session',
        headers,
        address: HERE,
      })
      codes.push(body.error?.code)
    }
    expect(codes).toEqual([undefined, 'too_many_sessions', 'too_many_sessions'])
  })
})

describe('a session that kills in a loop', () => {
  it('is limited by the kill cooldown and by the recoveries of its address', async () => {
    await using system = await warmSystem({ limits: { recoveriesPerAddress: 5 } })
    const visitor = await system.visitor(HERE)
    await visitor.post('/session')
    const codes: (string | undefined)[] = []
    for (let i = 0, epoch = 1; i < 12; i++) {
      const twice = await Promise.all([1, 2, 3].map(() => visitor.delete('/session/:id/pod?how=polite')))
      expect(new Set(twice.map(({ status }) => status)).difference(new Set([202, 429]))).toEqual(new Set())
      const { body, status } = await visitor.post('/session/:id/recover', { epoch, how: 'failover' })
      if (status < 300) epoch = body.epoch
      codes.push(body.error?.code)
      system.sleep(LIMITS.killCooldownMs)
      await system.refill()
    }
    expect(codes.slice(0, 5)).toEqual([undefined, undefined, undefined, undefined, undefined])
    expect(new Set(codes.slice(5))).toEqual(new Set(['too_many_recoveries']))
    expect((await system.pool()).slots.every(({ state }) => state === 'warm')).toBe(true)
  })
})
