/** Creation and deletion of Jobs over HTTP, by an API server that counts and throttles them. */
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { describe, expect, it } from 'vitest'
import { clusterOver } from '../src/kubernetes/adapter.ts'
import { kubernetesApi } from '../src/kubernetes/api-client.ts'
import { makeServices } from '../src/services.ts'
import { ENVIRONMENT } from './_environment.ts'

const { config } = makeServices(ENVIRONMENT)
const { limits } = config

/** An API server, and the product's adapter for it with a clock of its own. @param answer undefined: success. */
async function apiServer(answer: (request: number) => { code: number; retryAfter?: string } | undefined) {
  let requests = 0
  let running = 0
  let most = 0
  const server = createServer((request, response) => {
    most = Math.max(most, ++running)
    request.resume()
    setImmediate(() => {
      running--
      end(response, answer(requests++))
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const pauses: number[] = []
  const pace = {
    now: () => 0,
    monotonic: () => 0,
    random: () => 0,
    sleep: async (ms: number) => void pauses.push(ms),
  }
  const endpoint = { get: async () => ({ url, ca: '' }), expire: () => {}, state: async () => undefined }
  return {
    cluster: clusterOver(
      kubernetesApi('warm-pods', endpoint, async () => ''),
      config,
      pace,
    ),
    pauses,
    requests: () => requests,
    mostAtOnce: () => most,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

function end(
  response: ServerResponse,
  refused: { readonly code: number; readonly retryAfter?: string } | undefined,
): void {
  const headers = refused?.retryAfter === undefined ? {} : { 'retry-after': refused.retryAfter }
  response.writeHead(refused?.code ?? 200, { 'content-type': 'application/json', ...headers })
  response.end(JSON.stringify({ kind: 'Status', code: refused?.code, metadata: {}, items: [] }))
}

const names = (count: number): string[] => Array.from({ length: count }, (_, slot) => `warm-${slot}-1-bcdfg`)

describe('the adapter', () => {
  it.each(['create', 'delete'] as const)('bounds what it sends in parallel and in rate: %s', async (kind) => {
    await using server = await apiServer(() => undefined)
    const { cluster, pauses } = server
    const count = limits.jobChangesBurst + 2 * limits.jobChangesAtOnce
    await Promise.all(
      names(count).map((name) =>
        kind === 'create'
          ? cluster.createJob({ name, key: 'k', labels: {} })
          : cluster.deleteJob(name, { uid: 'u' }),
      ),
    )
    expect(server.requests()).toBe(count)
    expect(server.mostAtOnce()).toBeLessThanOrEqual(limits.jobChangesAtOnce)
    const everyMs = 1_000 / limits.jobChangesPerSecond
    const waited = names(count - limits.jobChangesBurst).map((_, index) => (index + 1) * everyMs)
    expect(pauses.toSorted((a, b) => a - b)).toEqual(waited)
  })

  it.each([['list'], ['getJob'], ['createJob'], ['deleteJob'], ['deletePod']] as const)(
    'waits as long as the API server asks, and repeats the call: %s',
    async (call) => {
      await using server = await apiServer((request) =>
        request === 0 ? { code: 429, retryAfter: '2' } : undefined,
      )
      const { cluster } = server
      if (call === 'list') await cluster.list()
      else if (call === 'getJob') await cluster.getJob('x')
      else if (call === 'createJob') await cluster.createJob({ name: 'x', key: 'k', labels: {} })
      else if (call === 'deleteJob') await cluster.deleteJob('x', { uid: 'u' })
      else await cluster.deletePod('x', 'u', 1_000)
      expect(server.pauses).toEqual([2_000])
      // A list asks for Jobs and for pods.
      expect(server.requests()).toBe(call === 'list' ? 3 : 2)
    },
  )
})
