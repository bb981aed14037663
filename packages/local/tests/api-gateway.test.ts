import type { APIGatewayProxyEventV2 } from 'aws-lambda'
import { describe, expect, it } from 'vitest'
import { type DevServerOptions, startDevServer } from '../src/dev-server/dev-server.ts'
import { call, type Folder, rawCall, temporaryFolder } from './_util.ts'

interface TestServer extends AsyncDisposable {
  readonly port: number
  readonly events: APIGatewayProxyEventV2[]
  readonly errors: string[]
}

async function serverWith(
  handler: (event: APIGatewayProxyEventV2) => unknown,
  options: Partial<DevServerOptions> & { timeoutMs?: number } = {},
): Promise<TestServer> {
  const page: Folder = await temporaryFolder()
  const events: APIGatewayProxyEventV2[] = []
  const errors: string[] = []
  const server = await startDevServer({
    port: 0,
    page: page.path,
    gateway: { upgrade: (_request, socket) => void socket.destroy() },
    onError: (_id, error) => errors.push(error),
    api: {
      name: 'api',
      timeoutMs: options.timeoutMs ?? 30_000,
      handler(event: APIGatewayProxyEventV2) {
        events.push(event)
        return handler(event)
      },
    },
    ...options,
  })
  return {
    port: server.port,
    events,
    errors,
    async [Symbol.asyncDispose]() {
      await server.close()
      await page[Symbol.asyncDispose]()
    },
  }
}

const ok = () => ({ statusCode: 200, body: 'fine' })

describe('the event of an HTTP API, payload format 2.0', () => {
  it('has the shape that API Gateway documents', async () => {
    await using server = await serverWith(ok)
    await call(server.port, '/api/session?a=1&a=2&b=x%20y', {
      method: 'POST',
      headers: {
        'Content-Type': 'application/json',
        'User-Agent': 'test',
        Cookie: 'one=1; two=2',
        'X-Twice': ['a', 'b'],
      },
      body: '{"epoch":1}',
    })
    const [event] = server.events
    expect(event).toMatchObject({
      version: '2.0',
      routeKey: '$default',
      rawPath: '/session',
      rawQueryString: 'a=1&a=2&b=x%20y',
      cookies: ['one=1', 'two=2'],
      queryStringParameters: { a: '1,2', b: 'x y' },
      body: '{"epoch":1}',
      isBase64Encoded: false,
      headers: {
        'content-type': 'application/json',
        'x-twice': 'a,b',
        'x-forwarded-for': '127.0.0.1',
        'x-forwarded-port': String(server.port),
        'x-forwarded-proto': 'http',
      },
      requestContext: {
        http: {
          method: 'POST',
          path: '/session',
          protocol: 'HTTP/1.1',
          sourceIp: '127.0.0.1',
          userAgent: 'test',
        },
        routeKey: '$default',
        stage: '$default',
        domainName: `127.0.0.1:${server.port}`,
      },
    })
    expect(event?.headers).not.toHaveProperty('cookie')
    expect(event?.requestContext.time).toMatch(/^\d\d\/[A-Z][a-z]{2}\/\d{4}:\d\d:\d\d:\d\d \+0000$/)
    expect(Object.keys(event ?? {})).not.toContain('pathParameters')
  })

  it('omits fields that the request does not have', async () => {
    await using server = await serverWith(ok)
    await call(server.port, '/api/pool')
    expect(Object.keys(server.events[0] ?? {}).sort()).toEqual(
      [
        'headers',
        'isBase64Encoded',
        'rawPath',
        'rawQueryString',
        'requestContext',
        'routeKey',
        'version',
      ].sort(),
    )
    expect(server.events[0]?.rawQueryString).toBe('')
  })

  it('uses the socket’s address as the source and ignores X-Forwarded-For', async () => {
    await using server = await serverWith(ok)
    await call(server.port, '/api/pool', { headers: { 'X-Forwarded-For': '203.0.113.9' } })
    expect(server.events[0]?.requestContext.http.sourceIp).toBe('127.0.0.1')
    expect(server.events[0]?.headers['x-forwarded-for']).toBe('203.0.113.9, 127.0.0.1')
  })

  it('decodes the path once and drops everything after a decoded question mark, as API Gateway does', async () => {
    await using server = await serverWith(ok)
    await call(server.port, '/api/session/%2e%2e%2Fx%252f')
    await call(server.port, '/api/session/a%3Fb?c=%3F')
    expect(server.events.map(({ rawPath }) => rawPath)).toEqual(['/session/../x%2f', '/session/a'])
    expect(server.events[1]?.rawQueryString).toBe('c=%3F')
  })

  it('answers 400 for a path with invalid percent-encoding, without calling the handler', async () => {
    await using server = await serverWith(ok)
    expect(await call(server.port, '/api/%zz')).toMatchObject({
      status: 400,
      body: '{"message":"Bad Request"}',
    })
    expect(server.events).toEqual([])
  })

  it('passes binary bodies on as base64', async () => {
    await using server = await serverWith(ok)
    await call(server.port, '/api/x', {
      method: 'POST',
      headers: { 'Content-Type': 'application/octet-stream' },
      body: Buffer.from([0xff, 0x00]),
    })
    expect(server.events[0]).toMatchObject({ body: '/wA=', isBase64Encoded: true })
  })
})

describe('the response of the dev server', () => {
  it('carries status, headers, several cookies and a base64 body', async () => {
    await using server = await serverWith(() => ({
      statusCode: 201,
      headers: { 'x-number': 7, 'content-type': 'image/png' },
      cookies: ['a=1; Secure', 'b=2'],
      body: Buffer.from('picture').toString('base64'),
      isBase64Encoded: true,
    }))
    const reply = await call(server.port, '/api/x')
    expect(reply).toMatchObject({
      status: 201,
      body: 'picture',
      headers: { 'x-number': '7', 'content-type': 'image/png', 'set-cookie': ['a=1; Secure', 'b=2'] },
    })
    expect(reply.headers['apigw-requestid']).toBe(server.events[0]?.requestContext.requestId)
  })

  it('is JSON with status 200 when the handler returns something without a status', async () => {
    await using server = await serverWith(() => ({ warm: 4 }))
    expect(await call(server.port, '/api/x')).toMatchObject({
      status: 200,
      body: '{"warm":4}',
      headers: { 'content-type': 'application/json' },
    })
  })

  it('is 500 without the reason when the handler throws or returns a malformed response', async () => {
    await using throwing = await serverWith(() => {
      throw new Error('the secret is 42')
    })
    const expected = { status: 500, body: '{"message":"Internal Server Error"}' }
    expect(await call(throwing.port, '/api/x')).toMatchObject(expected)
    expect(throwing.errors[0]).toContain('the secret is 42')
    await using nonsense = await serverWith(() => ({ statusCode: 'great', body: {} }))
    expect(await call(nonsense.port, '/api/x')).toMatchObject(expected)
    await using silent = await serverWith(() => undefined)
    expect(await call(silent.port, '/api/x')).toMatchObject(expected)
  })

  it('is 503 after the integration’s time-out, and 500 after the function’s own', async () => {
    const never = () => new Promise(() => {})
    await using integration = await serverWith(never, { integrationTimeoutMs: 30 })
    expect(await call(integration.port, '/api/x')).toMatchObject({
      status: 503,
      body: '{"message":"Service Unavailable"}',
    })
    await using own = await serverWith(never, { timeoutMs: 30 })
    expect(await call(own.port, '/api/x')).toMatchObject({ status: 500 })
  })

  it('has no body for 204 and for HEAD', async () => {
    await using server = await serverWith((event) =>
      event.requestContext.http.method === 'HEAD' ? { statusCode: 200, body: 'long' } : { statusCode: 204 },
    )
    expect(await call(server.port, '/api/x', { method: 'DELETE' })).toMatchObject({ status: 204, body: '' })
    expect(await call(server.port, '/api/x', { method: 'HEAD' })).toMatchObject({
      status: 200,
      body: '',
      headers: { 'content-length': '4' },
    })
  })
})

describe('the limits of an HTTP API', () => {
  it('rejects a payload over 10 MB with 413, with and without a Content-Length', async () => {
    await using server = await serverWith(ok)
    const body = Buffer.alloc(10 * 1_024 * 1_024 + 1)
    const refused = { status: 413, body: '{"message":"Request Entity Too Large"}' }
    expect(await call(server.port, '/api/x', { method: 'POST', body })).toMatchObject(refused)
    expect(
      await call(server.port, '/api/x', {
        method: 'POST',
        headers: { 'transfer-encoding': 'chunked' },
        body,
      }),
    ).toMatchObject(refused)
    expect(server.events).toEqual([])
  })

  it('rejects more than 10,240 bytes of request line and headers with 431', async () => {
    await using server = await serverWith(ok)
    expect(await call(server.port, '/api/x', { headers: { 'x-long': 'a'.repeat(10_300) } })).toMatchObject({
      status: 431,
    })
    expect(await call(server.port, '/api/x', { headers: { 'x-long': 'a'.repeat(9_000) } })).toMatchObject({
      status: 200,
    })
  })
})

describe('a request for another host name', () => {
  it.each(['evil.example', 'localhost.evil.example', '127.0.0.1.evil.example', '10.0.0.1'])(
    'is rejected with 421: %j',
    async (host) => {
      await using server = await serverWith(ok)
      expect(await call(server.port, '/api/pool', { headers: { host } })).toMatchObject({ status: 421 })
      expect(await call(server.port, '/', { headers: { host } })).toMatchObject({ status: 421 })
      expect(server.events).toEqual([])
    },
  )

  it('is rejected without a Host header', async () => {
    await using server = await serverWith(ok)
    expect(await rawCall(server.port, 'GET /api/pool HTTP/1.0\r\n\r\n')).toMatch(/^HTTP\/1\.1 421 /)
    expect(
      await rawCall(server.port, 'GET /api/pool HTTP/1.1\r\nHost:\r\nConnection: close\r\n\r\n'),
    ).toMatch(/^HTTP\/1\.1 421 /)
  })

  it('is accepted as localhost, 127.0.0.1 or [::1], in upper or lower case', async () => {
    await using server = await serverWith(ok)
    for (const host of [`LOCALHOST:${server.port}`, 'localhost', '127.0.0.1:1', '[::1]:80']) {
      expect(await call(server.port, '/api/pool', { headers: { host } })).toMatchObject({ status: 200 })
    }
  })

  it('opens no WebSocket', async () => {
    await using server = await serverWith(ok)
    const upgrade = `GET /pod/127.88.0.1 HTTP/1.1\r\nHost: evil.example\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n`
    expect(await rawCall(server.port, upgrade)).toMatch(/^HTTP\/1\.1 421 /)
  })
})
