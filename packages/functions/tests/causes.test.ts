/** The causes of failures as the real clients report them: of an API server and of DynamoDB. */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { startKubernetes } from '@warm-pods/local-kubernetes/engine.ts'
import { describe, expect, it, vi } from 'vitest'
import { kubernetes } from '../src/kubernetes/adapter.ts'
import { kubernetesApi } from '../src/kubernetes/api-client.ts'
import { failureOf } from '../src/kubernetes/errors.ts'
import { makeServices } from '../src/services.ts'
import { SlotStore } from '../src/store/slots.ts'
import { ENVIRONMENT } from './_environment.ts'
import { testTables } from './_tables.ts'

const JOB = { name: 'warm-0-1-bcdfg', key: 'k', labels: {} }

/** The product's adapter over the API server at `url`. */
function clusterAt(url: string) {
  const { config } = makeServices({ ...ENVIRONMENT, KUBERNETES_ENDPOINT: url })
  return kubernetes(config, async () => 'token')
}

const causeOf = async (call: Promise<unknown>) => failureOf(await call.catch((error: unknown) => error))

/** An API server that answers every request with this status. */
async function refusing(code: number, message: string): Promise<{ url: string } & AsyncDisposable> {
  const server = createServer((_request, response) => {
    response.writeHead(code, { 'content-type': 'application/json' })
    response.end(JSON.stringify({ kind: 'Status', status: 'Failure', code, message }))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

describe('a watch that the API server refuses', () => {
  it('is in the log once, with the refusal', async () => {
    await using server = await refusing(403, 'pods is forbidden: cannot watch')
    const logged = vi.spyOn(console, 'log')
    const endpoint = {
      get: async () => ({ url: server.url, ca: '' }),
      expire: () => {},
      state: async () => undefined,
    }
    const api = kubernetesApi('warm-pods', endpoint, async () => 'token')
    const { signal } = new AbortController()
    for (let turn = 0; turn < 2; turn++) {
      const { isExpired, pods } = await api.podEvents('app', '1', { timeoutMs: 30_000, gatherMs: 0 }, signal)
      expect([isExpired, pods]).toEqual([false, []])
    }
    const lines = logged.mock.calls.map(([line]) => String(line)).filter((line) => /watch_failed/.test(line))
    logged.mockRestore()
    expect(lines).toHaveLength(1)
    expect(lines[0]).toContain('Kubernetes answered 403: ')
    expect(lines[0]).toContain('cannot watch')
  })
})

describe('the cause of a failure', () => {
  it('is the missing namespace, when the API server refuses to create a Job in it', async () => {
    const engine = await startKubernetes({
      host: '127.0.0.1',
      port: 0,
      nodeName: 'node-1',
      zone: 'local-1a',
      region: 'local',
      version: 'v1.36.3',
      command: () => undefined,
    })
    try {
      const cluster = clusterAt(engine.url)
      expect((await cluster.list()).jobs).toEqual([])
      expect(await causeOf(cluster.createJob(JOB))).toEqual({
        problem: 'Kubernetes answered 404: namespaces "warm-pods" not found',
        refused: true,
      })
    } finally {
      await engine.close()
    }
  })

  it.each([
    [401, 'Unauthorized'],
    [403, 'jobs.batch is forbidden'],
  ])('is the refusal of the API server, from every call: %i %s', async (code, message) => {
    await using server = await refusing(code, message)
    const cluster = clusterAt(server.url)
    const expected = { problem: `Kubernetes answered ${code}: ${message}`, refused: true }
    expect(await causeOf(cluster.list())).toEqual(expected)
    expect(await causeOf(cluster.createJob(JOB))).toEqual(expected)
    expect(await causeOf(cluster.getJob('x'))).toEqual(expected)
    expect(await causeOf(cluster.version(true))).toEqual(expected)
  })

  it('is the API server, when it accepts no connection', async () => {
    const server = await refusing(500, '')
    await server[Symbol.asyncDispose]()
    expect(await causeOf(clusterAt(server.url).list())).toEqual({
      problem: 'Kubernetes did not answer (ECONNREFUSED)',
      refused: false,
    })
  })

  it('is the missing table of DynamoDB', async () => {
    await using tables = await testTables()
    expect(await causeOf(new SlotStore(tables.db, 'Missing').read())).toMatchObject({
      problem: expect.stringMatching(/^DynamoDB answered ResourceNotFoundException: \S/),
      refused: true,
    })
  })
})
