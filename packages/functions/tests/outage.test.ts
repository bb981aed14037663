import { createServer } from 'node:net'
import { ResourceNotFoundException } from '@aws-sdk/client-dynamodb'
import { describe, expect, it } from 'vitest'
import { isOutage } from '../src/kubernetes/errors.ts'
import { documents } from '../src/store/client.ts'
import { SlotStore } from '../src/store/slots.ts'
import { warmSystem } from './_system.ts'

process.env.AWS_ACCESS_KEY_ID ??= 'test'
process.env.AWS_SECRET_ACCESS_KEY ??= 'test'

/** A server that accepts every connection and never answers. */
async function silentServer(): Promise<{ endpoint: string; calls: () => number } & AsyncDisposable> {
  let calls = 0
  const server = createServer((socket) => {
    calls++
    socket.on('error', () => undefined).resume()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  const port = typeof address === 'object' && address ? address.port : 0
  return {
    endpoint: `http://127.0.0.1:${port}`,
    calls: () => calls,
    async [Symbol.asyncDispose]() {
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

describe('a database that does not answer', () => {
  it('is an outage after a few tries, not a bug', async () => {
    await using silent = await silentServer()
    const patience = { connectMs: 5_000, answerMs: 20 }
    const db = documents({ region: 'us-east-1', dynamodbEndpoint: silent.endpoint }, patience)
    const error: unknown = await new SlotStore(db, 'Pool').read().catch((caught) => caught)
    db.destroy()
    expect(isOutage(error)).toBe(true)
    expect(silent.calls()).toBe(3)
  })

  it('is a typed error to visitors and shows in health, without the cause', async () => {
    await using system = await warmSystem()
    const { claimReads, slots } = system.services
    const broken = Object.assign(new Error('connect ECONNREFUSED 10.0.0.9:8000'), { code: 'ECONNREFUSED' })
    slots.read = () => Promise.reject(broken)
    claimReads.read = () => Promise.reject(broken)
    const visitor = await system.visitor()
    const claim = await visitor.post('/session')
    expect([claim.status, claim.body.error.code, claim.headers['retry-after']]).toEqual([
      503,
      'unavailable',
      '2',
    ])
    const health = await system.call({ method: 'GET', path: '/health' })
    expect(health.status).toBe(503)
    expect(JSON.stringify([claim.body, health.body])).not.toContain('10.0.0.9')
  })

  it('that has no table is a typed error in DynamoDB’s own words, without the account', async () => {
    await using system = await warmSystem()
    const missing = new ResourceNotFoundException({
      message: 'Requested resource not found: arn:aws:dynamodb:eu-west-1:123456789012:table/Pool',
      $metadata: { httpStatusCode: 400 },
    })
    system.services.claimReads.read = () => Promise.reject(missing)
    const { status, body } = await (await system.visitor()).post('/session')
    expect([status, body.error.code, body.error.message]).toEqual([
      503,
      'unavailable',
      'DynamoDB answered ResourceNotFoundException: Requested resource not found: arn:…',
    ])
  })

  it('differs from a bug, which is `internal` and shows no stack', async () => {
    await using system = await warmSystem()
    system.services.claimReads.read = () => Promise.reject(new TypeError('slots.map is not a function'))
    const { status, body } = await (await system.visitor()).post('/session')
    expect([status, body.error.code]).toEqual([500, 'internal'])
    expect(JSON.stringify(body)).not.toContain('slots.map')
  })
})
