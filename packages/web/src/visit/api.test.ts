import { describe, expect, it } from 'vitest'
import { held, waiting } from './_util.ts'
import { createApi } from './api.ts'

const secrets = { current: () => 's'.repeat(43), renew: () => 's'.repeat(43) }
const json = (status: number, body: unknown, headers = {}) =>
  new Response(JSON.stringify(body), { status, headers })

function apiThat(answer: (url: string, init: RequestInit) => Response | Promise<Response>, base = '/api') {
  const asked: { url: string; init: RequestInit }[] = []
  const fetcher = (async (url: string, init: RequestInit) => {
    asked.push({ url, init })
    return answer(url, init)
  }) as typeof fetch
  return { api: createApi(base, 'https://pods.example/site/', secrets, fetcher), asked }
}

describe(createApi, () => {
  it('claims with the visitor’s secret and a JSON body', async () => {
    const { api, asked } = apiThat(() => json(201, waiting()))
    expect(await api.claim()).toEqual({ is: 'ok', value: waiting() })
    expect(asked[0]?.url).toBe('https://pods.example/api/session')
    expect(asked[0]?.init).toMatchObject({
      method: 'POST',
      body: '{}',
      headers: { authorization: `Bearer ${'s'.repeat(43)}`, 'content-type': 'application/json' },
    })
  })

  it.each(['https://api.example', 'https://api.example/'])('reads the pool of %s', async (base) => {
    const { api, asked } = apiThat(() => json(200, {}), base)
    await api.pool()
    expect(asked[0]?.url).toBe('https://api.example/pool')
  })

  it('sends another origin a form, which needs no preflight', async () => {
    const { api, asked } = apiThat(() => json(200, waiting()), 'https://api.example')
    await api.claim()
    await api.kill('abc', 'crash', 2)
    await api.recover('abc', { epoch: 2, how: 'heal' })
    const token = `access_token=${'s'.repeat(43)}`
    expect(asked.map(({ url, init }) => [url, init.method, String(init.body), init.headers])).toEqual([
      ['https://api.example/session', 'POST', `${token}&operation=claim&body=%7B%7D`, undefined],
      ['https://api.example/session', 'POST', `how=crash&epoch=2&${token}&operation=kill&id=abc`, undefined],
      [
        'https://api.example/session',
        'POST',
        `${token}&operation=recover&id=abc&body=${encodeURIComponent('{"epoch":2,"how":"heal"}')}`,
        undefined,
      ],
    ])
  })

  it('sends no secret when it reads the pool', async () => {
    const { api, asked } = apiThat(() => json(200, {}))
    await api.pool()
    expect(asked[0]?.init.headers).toEqual({})
  })

  it.each([
    ['recover', 'POST', '/session/abc/recover', '{"epoch":2,"how":"heal"}'],
    ['kill', 'DELETE', '/session/abc/pod?how=freeze&epoch=2', undefined],
    ['release', 'DELETE', '/session/abc', undefined],
    ['extend', 'POST', '/session/abc/extend', '{}'],
    ['read', 'GET', '/session/abc', undefined],
    ['connected', 'POST', '/session/abc/connected', '{"epoch":2,"connectMs":1,"firstPongMs":3}'],
  ] as const)('%s is a %s of %s', async (call, method, path, body) => {
    const { api, asked } = apiThat(() => json(200, waiting()))
    if (call === 'recover') await api.recover('abc', { epoch: 2, how: 'heal' })
    else if (call === 'connected') await api.connected('abc', { epoch: 2, connectMs: 1, firstPongMs: 3 })
    else if (call === 'kill') await api.kill('abc', 'freeze', 2)
    else await api[call]('abc')
    expect(asked[0]).toMatchObject({ url: `https://pods.example/api${path}`, init: { method } })
    expect(asked[0]?.init.body).toBe(body)
  })

  it('percent-encodes the id and sends a JSON content type only with a body', async () => {
    const { api, asked } = apiThat(() => json(200, waiting()))
    await api.read('a/b?c')
    expect(asked[0]?.url).toBe('https://pods.example/api/session/a%2Fb%3Fc')
    expect(asked[0]?.init.headers).toEqual({ authorization: `Bearer ${'s'.repeat(43)}` })
  })

  it('returns the error of the API', async () => {
    const error = {
      code: 'capacity',
      message: 'Every pod we may run is in use.',
      requestId: 'r-1',
      retryAfterMs: 3_000,
    }
    const { api } = apiThat(() => json(503, { error }))
    expect(await api.claim()).toEqual({ is: 'error', error })
  })

  it.each([
    ['a broken connection', () => Promise.reject(new TypeError('Failed to fetch'))],
    ['a proxy’s error page', () => new Response('<h1>502</h1>', { status: 502 })],
    ['an error that is not of this API', () => json(500, { message: 'Internal Server Error' })],
  ])('returns unreachable for %s', async (_, answer) => {
    expect(await apiThat(answer).api.claim()).toEqual({ is: 'unreachable' })
  })

  it.each([
    ['a page in the place of the API', () => new Response('<!doctype html>', { status: 200 })],
    ['a sign-in form', () => new Response('<form>', { status: 403 })],
    ['an empty answer', () => new Response(null, { status: 204 })],
    ['another object', () => json(200, { session: waiting() })],
    ['a session of another version', () => json(200, { ...waiting(), receipt: undefined })],
    ['a pod without its name', () => json(200, { ...held(), pod: { uid: 'u' } })],
    ['a socket without protocols', () => json(200, { ...held(), socket: { url: '/pod/10.0.0.7' } })],
  ])('returns that %s is not from the API, and keeps its clock', async (_, answer) => {
    const { api } = apiThat(() => {
      const response = answer()
      response.headers.set('date', new Date(0).toUTCString())
      return response
    })
    expect(await api.claim()).toEqual({ is: 'unreachable', foreign: true })
    expect(api.skewMs()).toBe(0)
    expect(api.lastWorkedMs()).toBeUndefined()
  })

  it('returns unreachable for a connection that breaks within the body', async () => {
    const cut = new ReadableStream({
      start: (controller) => controller.error(new TypeError('network error')),
    })
    expect(await apiThat(() => new Response(cut)).api.claim()).toEqual({ is: 'unreachable' })
  })

  it('accepts fields of a newer API', async () => {
    const session = { ...held(), mood: 'fine' }
    expect(await apiThat(() => json(200, session)).api.claim()).toEqual({ is: 'ok', value: session })
  })

  it('returns that a pool without slots is not from the API', async () => {
    const { api } = apiThat(() => json(200, { target: 4 }))
    expect(await api.pool()).toEqual({ is: 'unreachable', foreign: true })
  })

  it('derives the API’s clock from the Date header, to a second', async () => {
    const { api } = apiThat(() => json(200, {}, { date: new Date(Date.now() + 3_600_000).toUTCString() }))
    expect(api.skewMs()).toBe(0)
    await api.release('abc')
    expect(Math.abs(api.skewMs() - 3_600_000)).toBeLessThan(1_100)
  })

  it.each(['', '0', 'soon', '2026-09-21T14:13:20Z', 'Mon, 31 Feb 2026 00:00:00 GMT', 'Invalid Date'])(
    'keeps its clock with the Date header "%s", which is no HTTP date',
    async (date) => {
      const { api } = apiThat(() => json(200, {}, { date }))
      await api.release('abc')
      expect(api.skewMs()).toBe(0)
    },
  )

  it.each([
    ['no Date header', undefined],
    ['the Date header of a cache', new Date(0).toUTCString()],
  ])('derives the API’s clock from the rest of the lease, with %s', async (_header, date) => {
    const hour = 3_600_000
    const leaseEndsAt = new Date(Date.now() + hour + 4_000).toISOString()
    const session = { ...held(), leaseEndsAt, leaseLeftMs: 4_000 }
    const { api } = apiThat(() => json(200, session, date === undefined ? {} : { date }))
    await api.claim()
    expect(Math.abs(api.skewMs() - hour)).toBeLessThan(1_000)
    await api.release('abc')
    expect(Math.abs(api.skewMs() - hour)).toBeLessThan(1_000)
  })

  it.each([
    ['/pod/10.0.0.7', '/api', 'wss://pods.example/pod/10.0.0.7'],
    ['/pod/10.0.0.7', 'https://api.example/v1', 'wss://api.example/pod/10.0.0.7'],
    ['/pod/10.0.0.7', 'http://localhost:4400/api', 'ws://localhost:4400/pod/10.0.0.7'],
    ['wss://gate.example/pod/10.0.0.7', '/api', 'wss://gate.example/pod/10.0.0.7'],
  ])('resolves the socket URL %s of the API at %s', (url, base, expected) => {
    expect(apiThat(() => json(200, {}), base).api.socketUrl(url)).toBe(expected)
  })
})
