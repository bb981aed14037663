import { once } from 'node:events'
import { createServer } from 'node:http'
import { connect, type Server, createServer as serveTcp } from 'node:net'
import { ApiError } from '@warm-pods/core/api/errors.ts'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { dryRunClaim } from '../src/api/dry-run.ts'
import { apiHandler } from '../src/api/handler.ts'
import { KEEP_WARM } from '../src/api/keep-warm.ts'
import { prepare } from '../src/api/prepare.ts'
import { makeServices } from '../src/services.ts'
import { ENVIRONMENT } from './_environment.ts'
import { eventOf } from './_event.ts'
import { type System, testSystem, warmSystem } from './_system.ts'

const SECRET = 'a'.repeat(43)
const CLAIM = { method: 'POST', path: '/session', headers: { authorization: `Bearer ${SECRET}` } }
/** No process listens there. */
const NOWHERE = 'http://127.0.0.1:9'

afterEach(() => {
  vi.unstubAllEnvs()
  vi.restoreAllMocks()
})

/** Counts the connections that a server accepts. */
async function listening<Listener extends Server>(server: Listener) {
  let connections = 0
  server.on('connection', () => {
    connections += 1
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  const port = typeof address === 'object' && address ? address.port : 0
  return {
    url: `http://127.0.0.1:${port}`,
    connections: () => connections,
    [Symbol.dispose]: () => void server.close(),
  }
}

/** A proxy in front of the system's DynamoDB. */
function proxyOf({ tables }: System) {
  const port = Number(new URL(tables.endpoint).port)
  const server = serveTcp((client) => {
    const upstream = connect(port, '127.0.0.1')
    client.pipe(upstream).pipe(client)
    client.on('error', () => upstream.destroy())
    upstream.on('error', () => client.destroy())
  })
  return listening(server)
}

/** Lambda's Invoke API. It records the type of each invocation. */
async function invokeApi() {
  const types: unknown[] = []
  const server = createServer((request, response) => {
    const type = request.headers['x-amz-invocation-type']
    types.push(type)
    request.resume()
    response.writeHead(type === 'DryRun' ? 204 : 202).end()
  })
  return Object.assign(await listening(server), { types })
}

function environmentOf({ tables }: System, dynamodb: string, lambda: string) {
  return {
    ...ENVIRONMENT,
    POOL_TABLE: tables.pool,
    SESSIONS_TABLE: tables.sessions,
    DYNAMODB_ENDPOINT: dynamodb,
    LAMBDA_ENDPOINT: lambda,
    KUBERNETES_ENDPOINT: NOWHERE,
  }
}

describe(prepare, () => {
  it('opens every connection of a warm claim, and invokes nothing', async () => {
    await using system = await warmSystem()
    using dynamodb = await proxyOf(system)
    using lambda = await invokeApi()
    const services = makeServices(environmentOf(system, dynamodb.url, lambda.url))
    await prepare(services)
    expect([dynamodb.connections(), lambda.connections()]).toEqual([2, 1])
    expect(lambda.types).toEqual(['DryRun'])

    const { statusCode } = await apiHandler(services)(eventOf(CLAIM))
    expect(statusCode).toBe(201)
    expect([dynamodb.connections(), lambda.connections()]).toEqual([2, 1])
    expect(lambda.types).toEqual(['DryRun', 'Event'])
  })

  it('writes no session, no slot and no count of an address', async () => {
    await using system = await testSystem()
    await prepare({ ...system.services, dryRunRefill: async () => undefined })
    const rows = await system.everything()
    expect(rows.map(({ pool }) => pool)).toEqual(['salt'])
  })

  it('logs each failure and does not throw', async () => {
    const logged = vi.spyOn(console, 'log').mockImplementation(() => {})
    await using system = await testSystem()
    const { claimReads, rateLimits } = makeServices(environmentOf(system, NOWHERE, NOWHERE))
    const services = {
      ...system.services,
      claimReads,
      rateLimits,
      dryRunRefill: async () => {
        throw new ApiError('internal')
      },
    }
    await prepare(services)
    const lines = logged.mock.calls.map(([line]) => JSON.parse(String(line)))
    expect(lines.map(({ event }) => event)).toEqual(Array(3).fill('prepare_failed'))
  })
})

describe(dryRunClaim, () => {
  it('claims without a call of DynamoDB, Lambda or Kubernetes, and logs nothing', async () => {
    const logged = vi.spyOn(console, 'log').mockImplementation(() => {})
    await using system = await testSystem()
    using counting = await invokeApi()
    await dryRunClaim(makeServices(environmentOf(system, counting.url, counting.url)))
    expect(counting.connections()).toBe(0)
    expect(logged).not.toHaveBeenCalled()
    expect(await system.everything()).toEqual([])
  })
})

describe('the entry of the api Lambda', () => {
  async function loadOver(dynamodb: string, lambda: string, system: System) {
    for (const [name, value] of Object.entries(environmentOf(system, dynamodb, lambda)))
      vi.stubEnv(name, value)
    const lines: string[] = []
    vi.spyOn(process.stdout, 'write').mockImplementation((line) => lines.push(String(line)) > 0)
    vi.resetModules()
    const { handler } = await import('../src/api/lambda.ts')
    return { handler, lines }
  }

  it('prepares while it loads, and again for the event of the schedule', async () => {
    await using system = await warmSystem()
    using dynamodb = await proxyOf(system)
    using lambda = await invokeApi()
    const { handler } = await loadOver(dynamodb.url, lambda.url, system)
    expect(lambda.types).toEqual(['DryRun'])
    expect(await handler(KEEP_WARM)).toBeUndefined()
    expect(lambda.types).toEqual(['DryRun', 'DryRun'])
    expect([dynamodb.connections(), lambda.connections()]).toEqual([2, 1])
  })

  it('loads and answers while DynamoDB and Lambda do not answer', async () => {
    await using system = await testSystem()
    const { handler, lines } = await loadOver(NOWHERE, NOWHERE, system)
    expect(lines.filter((line) => line.includes('prepare_failed')).length).toBeGreaterThan(0)
    expect(await handler(eventOf(CLAIM))).toMatchObject({ statusCode: 503 })
    expect(await handler(KEEP_WARM)).toBeUndefined()
  })

  it('names the variables that are missing', async () => {
    vi.stubEnv('POOL_TABLE', '')
    vi.resetModules()
    await expect(import('../src/api/lambda.ts')).rejects.toThrow('POOL_TABLE')
  })
})
