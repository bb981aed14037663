import type { APIGatewayProxyEventV2 } from 'aws-lambda'
import { describe, expect, it } from 'vitest'
import { type FrontOptions, startFront } from '../src/dev-server/dev-server.ts'
import { call, type Folder, rawCall, temporaryFolder } from './_util.ts'

interface World extends AsyncDisposable {
  readonly port: number
  readonly events: APIGatewayProxyEventV2[]
  readonly errors: string[]
}

async function front(
  handler: (event: APIGatewayProxyEventV2) => unknown,
  options: Partial<FrontOptions> & { timeoutMs?: number } = {},
): Promise<World> {
  const page: Folder = await temporaryFolder()
  const events: APIGatewayProxyEventV2[] = []
  const errors: string[] = []
  const server = await startFront({
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
    await using world = await front(ok)
    await call(world.port, '/api/session?a=1&a=2&b=x%20y', {
      method: 'POST',
      headers: {
        'Content-Type': 'application/json',
        'User-Agent': 'test',
        Cookie: 'one=1; two=2',
        'X-Twice': ['a', 'b'],
      },
      body: '{"epoch":1}',
    })
    const [event] = world.events
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
        'x-forwarded-port': String(world.port),
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
        domainName: `127.0.0.1:${world.port}`,
      },
    })
    expect(event?.headers).not.toHaveProperty('cookie')
    expect(event?.requestContext.time).toMatch(/^\d\d\/[A-Z][a-z]{2}\/\d{4}:\d\d:\d\d:\d\d \+0000$/)
    expect(Object.keys(event ?? {})).not.toContain('pathParameters')
  })

  it('leaves out what the request does not have', async () => {
    await using world = await front(ok)
    await call(world.port, '/api/pool')
    expect(Object.keys(world.events[0] ?? {}).sort()).toEqual(
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
    expect(world.events[0]?.rawQueryString).toBe('')
  })

  it('names the socket’s address as the source, whatever X-Forwarded-For claims', async () => {
    await using world = await front(ok)
    await call(world.port, '/api/pool', { headers: { 'X-Forwarded-For': '203.0.113.9' } })
    expect(world.events[0]?.requestContext.http.sourceIp).toBe('127.0.0.1')
    expect(world.events[0]?.headers['x-forwarded-for']).toBe('203.0.113.9, 127.0.0.1')
  })

  it('decodes the path once and loses what follows a decoded question mark, as the real one does', async () => {
    await using world = await front(ok)
    await call(world.port, '/api/session/%2e%2e%2Fx%252f')
    await call(world.port, '/api/session/a%3Fb?c=%3F')
    expect(world.events.map(({ rawPath }) => rawPath)).toEqual(['/session/../x%2f', '/session/a'])
    expect(world.events[1]?.rawQueryString).toBe('c=%3F')
  })

  it('answers 400 to a path that is no percent-encoding, without calling the handler', async () => {
    await using world = await front(ok)
    expect(await call(world.port, '/api/%zz')).toMatchObject({
      status: 400,
      body: '{"message":"Bad Request"}',
    })
    expect(world.events).toEqual([])
  })

  it('hands over binary bodies as base64', async () => {
    await using world = await front(ok)
    await call(world.port, '/api/x', {
      method: 'POST',
      headers: { 'Content-Type': 'application/octet-stream' },
      body: Buffer.from([0xff, 0x00]),
    })
    expect(world.events[0]).toMatchObject({ body: '/wA=', isBase64Encoded: true })
  })
})

describe('the answer', () => {
  it('carries status, headers, several cookies and a base64 body', async () => {
    await using world = await front(() => ({
      statusCode: 201,
      headers: { 'x-number': 7, 'content-type': 'image/png' },
      cookies: ['a=1; Secure', 'b=2'],
      body: Buffer.from('picture').toString('base64'),
      isBase64Encoded: true,
    }))
    const reply = await call(world.port, '/api/x')
    expect(reply).toMatchObject({
      status: 201,
      body: 'picture',
      headers: { 'x-number': '7', 'content-type': 'image/png', 'set-cookie': ['a=1; Secure', 'b=2'] },
    })
    expect(reply.headers['apigw-requestid']).toBe(world.events[0]?.requestContext.requestId)
  })

  it('is JSON with status 200 when the handler returns something without a status', async () => {
    await using world = await front(() => ({ warm: 4 }))
    expect(await call(world.port, '/api/x')).toMatchObject({
      status: 200,
      body: '{"warm":4}',
      headers: { 'content-type': 'application/json' },
    })
  })

  it('is 500 without a word of the reason when the handler throws or returns nonsense', async () => {
    await using throwing = await front(() => {
      throw new Error('the secret is 42')
    })
    const expected = { status: 500, body: '{"message":"Internal Server Error"}' }
    expect(await call(throwing.port, '/api/x')).toMatchObject(expected)
    expect(throwing.errors[0]).toContain('the secret is 42')
    await using nonsense = await front(() => ({ statusCode: 'great', body: {} }))
    expect(await call(nonsense.port, '/api/x')).toMatchObject(expected)
    await using silent = await front(() => undefined)
    expect(await call(silent.port, '/api/x')).toMatchObject(expected)
  })

  it('is 503 when the integration’s time is over, and 500 when the function’s own is', async () => {
    const never = () => new Promise(() => {})
    await using integration = await front(never, { integrationTimeoutMs: 30 })
    expect(await call(integration.port, '/api/x')).toMatchObject({
      status: 503,
      body: '{"message":"Service Unavailable"}',
    })
    await using own = await front(never, { timeoutMs: 30 })
    expect(await call(own.port, '/api/x')).toMatchObject({ status: 500 })
  })

  it('has no body for 204 and for HEAD', async () => {
    await using world = await front((event) =>
      event.requestContext.http.method === 'HEAD' ? { statusCode: 200, body: 'long' } : { statusCode: 204 },
    )
    expect(await call(world.port, '/api/x', { method: 'DELETE' })).toMatchObject({ status: 204, body: '' })
    expect(await call(world.port, '/api/x', { method: 'HEAD' })).toMatchObject({
      status: 200,
      body: '',
      headers: { 'content-length': '4' },
    })
  })
})

describe('the limits of an HTTP API', () => {
  it('refuses a payload over 10 MB with 413, announced or not', async () => {
    await using world = await front(ok)
    const body = Buffer.alloc(10 * 1_024 * 1_024 + 1)
    const refused = { status: 413, body: '{"message":"Request Entity Too Large"}' }
    expect(await call(world.port, '/api/x', { method: 'POST', body })).toMatchObject(refused)
    expect(
      await call(world.port, '/api/x', { method: 'POST', headers: { 'transfer-encoding': 'chunked' }, body }),
    ).toMatchObject(refused)
    expect(world.events).toEqual([])
  })

  it('refuses more than 10,240 bytes of request line and headers with 431', async () => {
    await using world = await front(ok)
    expect(await call(world.port, '/api/x', { headers: { 'x-long': 'a'.repeat(10_300) } })).toMatchObject({
      status: 431,
    })
    expect(await call(world.port, '/api/x', { headers: { 'x-long': 'a'.repeat(9_000) } })).toMatchObject({
      status: 200,
    })
  })
})

describe('a caller of another name', () => {
  it.each(['evil.example', 'localhost.evil.example', '127.0.0.1.evil.example', '10.0.0.1'])(
    'is refused by its Host header: %j',
    async (host) => {
      await using world = await front(ok)
      expect(await call(world.port, '/api/pool', { headers: { host } })).toMatchObject({ status: 421 })
      expect(await call(world.port, '/', { headers: { host } })).toMatchObject({ status: 421 })
      expect(world.events).toEqual([])
    },
  )

  it('is refused when it names no host at all', async () => {
    await using world = await front(ok)
    expect(await rawCall(world.port, 'GET /api/pool HTTP/1.0\r\n\r\n')).toMatch(/^HTTP\/1\.1 421 /)
    expect(await rawCall(world.port, 'GET /api/pool HTTP/1.1\r\nHost:\r\nConnection: close\r\n\r\n')).toMatch(
      /^HTTP\/1\.1 421 /,
    )
  })

  it('may call this machine localhost, 127.0.0.1 or [::1], in any case', async () => {
    await using world = await front(ok)
    for (const host of [`LOCALHOST:${world.port}`, 'localhost', '127.0.0.1:1', '[::1]:80']) {
      expect(await call(world.port, '/api/pool', { headers: { host } })).toMatchObject({ status: 200 })
    }
  })

  it('opens no socket either', async () => {
    await using world = await front(ok)
    const upgrade = `GET /pod/127.88.0.1 HTTP/1.1\r\nHost: evil.example\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n`
    expect(await rawCall(world.port, upgrade)).toMatch(/^HTTP\/1\.1 421 /)
  })
})
