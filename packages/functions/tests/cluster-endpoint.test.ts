import { createServer } from 'node:http'
import { expect, it } from 'vitest'
import { clusterOver } from '../src/kubernetes/adapter.ts'
import { kubernetesApi } from '../src/kubernetes/api-client.ts'
import { eksEndpoint } from '../src/kubernetes/cluster-endpoint.ts'
import { RUNTIME } from '../src/lib/clock.ts'
import { testSystem } from './_system.ts'

/** Answers `GET /version` as an API server does. */
async function apiServer(gitVersion: string): Promise<{ port: number } & AsyncDisposable> {
  const server = createServer((request, response) => {
    response.setHeader('content-type', 'application/json')
    if (request.url === '/version') response.end(JSON.stringify({ gitVersion }))
    else response.writeHead(404).end('{}')
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  return {
    port: typeof address === 'object' && address ? address.port : 0,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      if (server.listening) await new Promise((resolve) => server.close(resolve))
    },
  }
}

it('finds the new API server after the old one refuses connections', async () => {
  const old = await apiServer('v1.35.0')
  await using replacement = await apiServer('v1.36.0')
  let port = old.port
  let described = 0
  const send = async () => {
    described++
    const data = Buffer.from('a certificate').toString('base64')
    return {
      cluster: { status: 'ACTIVE', endpoint: `http://127.0.0.1:${port}`, certificateAuthority: { data } },
    }
  }
  await using system = await testSystem()
  const endpoint = eksEndpoint('warm', { send } as never, RUNTIME.monotonic)
  const api = kubernetesApi('warm-pods', endpoint, async () => 'token')
  const cluster = clusterOver(api, system.services.config, RUNTIME, endpoint.state)
  expect(await cluster.version(true)).toBe('v1.35.0')
  expect(described).toBe(1)
  await old[Symbol.asyncDispose]()
  port = replacement.port
  await expect(cluster.version(true)).rejects.toThrow()
  expect(await cluster.version(true)).toBe('v1.36.0')
  expect(described).toBe(2)
})

it('GET /health and GET /pool name the state of a cluster that is not ACTIVE', async () => {
  await using system = await testSystem()
  const health = async () =>
    (await system.call<{ dependencies: unknown[] }>({ method: 'GET', path: '/health' })).body
  await system.refill()
  expect((await system.pool()).cluster).not.toHaveProperty('state')
  expect((await health()).dependencies[1]).not.toHaveProperty('state')
  system.cluster.eksState = 'UPDATING'
  await system.refill()
  expect((await system.pool()).cluster).toMatchObject({ state: 'UPDATING' })
  expect((await health()).dependencies[1]).toMatchObject({ name: 'kubernetes', ok: true, state: 'UPDATING' })
  system.cluster.eksState = 'DELETING'
  system.cluster.outage = Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' })
  await system.refill().catch(() => undefined)
  expect((await system.pool()).cluster).toMatchObject({ state: 'DELETING' })
  expect((await health()).dependencies[1]).toMatchObject({ ok: false, state: 'DELETING' })
  system.cluster.eksState = undefined
  system.cluster.outage = undefined
  await system.refill()
  expect((await system.pool()).cluster).not.toHaveProperty('state')
})
