/** The rules of HTTP/1.1 that a stock client or proxy relies on, in every HTTP server of `npm start`. */
import { startKubernetes } from '@warm-pods/local-kubernetes/engine.ts'
import { describe, expect, it } from 'vitest'
import { startClusterProxy } from '../src/cluster-context/cluster-proxy.ts'
import { startConsole } from '../src/console/server.ts'
import { startDevServer } from '../src/dev-server/dev-server.ts'
import { startDynamodb } from '../src/dynamodb/dynamodb.ts'
import { startInvokeServer } from '../src/lambda/invoke-server.ts'
import { call, rawCall } from './_util.ts'

interface TestServer {
  readonly port: number
  close(): Promise<unknown>
}
interface Kind {
  readonly start: () => Promise<TestServer>
  readonly method: string
  readonly path: string
  readonly headers?: string
  readonly status: number
}

const disposable = (server: { port: number } & AsyncDisposable): TestServer => ({
  port: server.port,
  close: async () => server[Symbol.asyncDispose](),
})
const startTables = () => startDynamodb({ port: 0, tables: [], ttlAttribute: 'expiresAt' })

const KINDS: Readonly<Record<string, Kind>> = {
  'the API of the dev server': {
    start: () =>
      startDevServer({
        port: 0,
        page: '/nowhere',
        api: { name: 'api', timeoutMs: 5_000, handler: () => ({ statusCode: 201 }) },
        gateway: { upgrade: (_request, socket) => void socket.destroy() },
        onError: () => {},
      }),
    method: 'POST',
    path: '/api/session?a=1',
    status: 201,
  },
  'the cluster proxy': {
    start: () =>
      startClusterProxy({
        port: 0,
        client: {
          server: 'http://127.0.0.1:1',
          call: () => Promise.reject(new Error('unreachable')),
          send: () => Promise.reject(new Error('unreachable')),
          requestOptions: () => Promise.reject(new Error('unreachable')),
          close: () => {},
        },
        namespace: 'ns',
        impersonation: 'none',
        token: 'ours',
      }),
    method: 'GET',
    path: '/api/v1/namespaces/ns/pods',
    headers: 'Authorization: Bearer ours\r\n',
    status: 503,
  },
  'the console': {
    async start() {
      const database = await startTables()
      const server = await startConsole({ port: 0, endpoint: database.endpoint })
      return {
        port: server.port,
        async close() {
          await server.close()
          await database[Symbol.asyncDispose]()
        },
      }
    },
    method: 'GET',
    path: '/',
    status: 200,
  },
  'the Invoke API': {
    start: async () =>
      disposable(
        await startInvokeServer({
          port: 0,
          functions: [{ name: 'f', timeoutMs: 5_000, handler: async () => 1 }],
          onError: () => {},
        }),
      ),
    method: 'POST',
    path: '/2015-03-31/functions/f/invocations',
    status: 200,
  },
  'the local Kubernetes': {
    async start() {
      const options = { nodeName: 'n', zone: 'a', region: 'b', version: 'v1.36.3', command: () => undefined }
      const kubernetes = await startKubernetes({ host: '127.0.0.1', port: 0, ...options })
      return { port: Number(new URL(kubernetes.url).port), close: () => kubernetes.close() }
    },
    method: 'GET',
    path: '/api/v1/pods?limit=1',
    status: 200,
  },
  'the database': {
    start: async () => disposable(await startTables()),
    method: 'GET',
    path: '/',
    status: 200,
  },
}

describe.each(Object.entries(KINDS))('%s', (_name, { start, method, path, headers = '', status }) => {
  async function statusOf(
    port: number,
    target: string,
    hosts: readonly string[],
    more = '',
  ): Promise<number> {
    const hostLines = hosts.map((host) => `Host: ${host}\r\n`).join('')
    const connection = more === '' ? 'Connection: close\r\n' : more
    const end = method === 'POST' ? 'Content-Length: 2\r\n\r\n{}' : '\r\n'
    const reply = await rawCall(
      port,
      `${method} ${target} HTTP/1.1\r\n${hostLines}${headers}${connection}${end}`,
    )
    return Number(reply.split(' ')[1])
  }

  it('keeps an idle connection longer than a load balancer does', async () => {
    const server = await start()
    try {
      const [name = '', value = ''] = headers.trim().split(': ')
      const sent = { connection: 'keep-alive', ...(name ? { [name]: value } : {}) }
      const body = method === 'POST' ? '{}' : ''
      const reply = await call(server.port, path, { method, headers: sent, body })
      expect(reply.status).toBe(status)
      const timeoutS = Number(/timeout=(\d+)/.exec(String(reply.headers['keep-alive']))?.[1])
      expect(timeoutS).toBeGreaterThan(300)
    } finally {
      await server.close()
    }
  })

  it('ignores an upgrade to another protocol, takes an absolute target and refuses two Host headers', async () => {
    const server = await start()
    const { port } = server
    try {
      const host = `localhost:${port}`
      const h2c = 'Connection: close, Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\n'
      expect({
        plain: await statusOf(port, path, [host]),
        h2c: await statusOf(port, path, [host], h2c),
        absolute: await statusOf(port, `http://${host}${path}`, [host]),
        absoluteOverridesHost: await statusOf(port, `http://${host}${path}`, ['proxy.example']),
        twoHosts: await statusOf(port, path, [host, host]),
        twoHostsInUpgrade: await statusOf(port, path, [host, 'other.example'], h2c),
      }).toEqual({
        plain: status,
        h2c: status,
        absolute: status,
        absoluteOverridesHost: status,
        twoHosts: 400,
        twoHostsInUpgrade: 400,
      })
      // A foreign name in the target is refused as in the Host header. The Invoke API has no such check.
      const foreign = await statusOf(port, path, ['other.example'])
      expect(await statusOf(port, `http://other.example${path}`, [host])).toBe(foreign)
    } finally {
      await server.close()
    }
  })
})

it.each(Object.entries(KINDS))(
  '%s answers CONNECT as nginx does, and refuses TRACE',
  async (_name, { start, path, headers = '' }) => {
    const server = await start()
    try {
      const end = `Host: localhost:${server.port}\r\n${headers}Connection: close\r\n\r\n`
      const [connect, trace] = await Promise.all([
        rawCall(server.port, `CONNECT localhost:${server.port} HTTP/1.1\r\n${end}`),
        rawCall(server.port, `TRACE ${path} HTTP/1.1\r\n${end}`),
      ])
      expect(connect).toMatch(/^HTTP\/1\.1 405 /)
      expect(trace).toMatch(/^HTTP\/1\.1 40[345] /)
    } finally {
      await server.close()
    }
  },
)

it('serves the page for an absolute target without a path', async () => {
  const server = await (KINDS['the API of the dev server'] as Kind).start()
  try {
    const { port } = server
    const reply = await rawCall(
      port,
      `GET http://localhost:${port} HTTP/1.1\r\nHost: localhost:${port}\r\nConnection: close\r\n\r\n`,
    )
    expect(reply).toContain('The page is still being built.')
  } finally {
    await server.close()
  }
})
