import { randomBytes } from 'node:crypto'
import type { ErrorBody } from '@warm-pods/core/api/contracts.ts'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { RawRequest } from './_event.ts'
import { type System, testSystem, type Visitor } from './_system.ts'

let system: System
let ada: Visitor
let bob: Visitor

beforeAll(async () => {
  system = await testSystem()
  await system.refill()
  ada = await system.visitor()
  bob = await system.visitor()
  expect((await ada.post('/session')).status).toBe(201)
  await system.refill()
})
afterAll(async () => {
  await system[Symbol.asyncDispose]()
})

const JSON_TYPE = { 'content-type': 'application/json' }
const secret = (text: string) => ({ authorization: `Bearer ${text}` })
const SECRET = randomBytes(32).toString('base64url')

/** The defect, the request, and the answer: status, code, field, expected and received. */
type Row = [string, () => RawRequest, [number, string, string?, (string | RegExp)?, (string | RegExp)?]]

/** Sends the request, and checks that it changed no row and no other visitor's pod. */
async function refused(request: RawRequest, answer: Row[2]): Promise<void> {
  const before = await system.everything()
  const { status, body, headers } = await system.call<ErrorBody>(request)
  const [expectedStatus, code, field, expected, received] = answer
  expect([status, body.error.code, body.error.field]).toEqual([expectedStatus, code, field])
  if (expected !== undefined) expect(body.error.expected).toMatch(expected)
  if (received !== undefined) expect(body.error.received).toMatch(received)
  expect(JSON.stringify(body)).not.toMatch(/\bat .*\.ts|node_modules|Error:/)
  expect(headers['content-type']).toBe('application/json; charset=utf-8')
  expect(sorted(await system.everything())).toEqual(sorted(before))
}

function sorted(items: Record<string, unknown>[]): string[] {
  return items.map((item) => JSON.stringify(item, Object.keys(item).sort())).sort()
}

describe('a secret', () => {
  const claim = (headers: Record<string, string>): RawRequest => ({
    method: 'POST',
    path: '/session',
    headers,
  })
  const expected = '"Bearer " and 43 characters of base64url'
  const wrong = (received: string | RegExp): Row[2] => [
    401,
    'bad_secret',
    'authorization',
    expected,
    received,
  ]
  it.each<Row>([
    ['is missing', () => claim({}), wrong('nothing')],
    ['is empty', () => claim({ authorization: '' }), wrong('another scheme')],
    ['is short', () => claim(secret(SECRET.slice(1))), wrong('42 characters')],
    ['is long', () => claim(secret(`${SECRET}A`)), wrong('44 characters')],
    ['is very long', () => claim(secret('A'.repeat(10_000))), wrong('10000 characters')],
    ['is padded', () => claim(secret(`${SECRET}=`)), wrong('44 characters')],
    ['is base64, not base64url', () => claim(secret(`+/${SECRET.slice(2)}`)), wrong('outside base64url')],
    [
      'has a space in it',
      () => claim(secret(`${SECRET.slice(0, 20)} ${SECRET.slice(21)}`)),
      wrong('outside'),
    ],
    ['ends in a line break', () => claim(secret(`${SECRET}\n`)), wrong('another scheme')],
    ['is unicode', () => claim(secret('é'.repeat(43))), wrong('outside base64url')],
    ['is of another scheme', () => claim({ authorization: `Basic ${SECRET}` }), wrong('another scheme')],
    ['has no scheme', () => claim({ authorization: SECRET }), wrong('another scheme')],
    ['came twice', () => claim({ authorization: `Bearer ${SECRET},Bearer ${SECRET}` }), wrong(/characters/)],
    ['is in the query', () => ({ ...claim({}), query: `secret=${SECRET}` }), wrong('nothing')],
  ])('that %s is refused', (_name, request, answer) => refused(request(), answer))

  it('that is wrong is not repeated in the answer', async () => {
    const almost = SECRET.slice(1)
    const { body } = await system.call(claim(secret(almost)))
    expect(JSON.stringify(body)).not.toContain(almost)
  })

  it('is requested with WWW-Authenticate, as RFC 9110 section 11.6.1 requires', async () => {
    expect((await system.call(claim({}))).headers['www-authenticate']).toBe('Bearer')
  })

  it('may follow its scheme in any case, as RFC 9110 section 11.1 allows', async () => {
    for (const scheme of ['bearer', 'BEARER']) {
      const headers = { authorization: `${scheme} ${ada.secret}` }
      expect((await system.call({ method: 'GET', path: `/session/${ada.id}`, headers })).status).toBe(200)
    }
  })
})

describe('another visitor', () => {
  const calls: [string, string, string?][] = [
    ['GET', ''],
    ['POST', '/extend'],
    ['POST', '/connected', '{"epoch":1,"connectMs":1,"firstPongMs":1}'],
    ['POST', '/recover', '{"epoch":1,"how":"failover"}'],
    ['DELETE', '/pod'],
    ['DELETE', ''],
  ]
  it.each(calls)('is answered by %s %s as if there were no session', async (method, tail, body) => {
    const request = (id: string): RawRequest => ({
      method,
      path: `/session/${id}${tail}`,
      headers: { ...secret(bob.secret), ...JSON_TYPE },
      ...(body ? { body } : {}),
    })
    await refused(request(ada.id), [404, 'no_session'])
    const theirs = await system.call<ErrorBody>(request(ada.id))
    const none = await system.call<ErrorBody>(request('0'.repeat(32)))
    expect(theirs).toEqual(none)
    expect((await ada.get('/session/:id')).body.state).toBe('live')
  })
})

describe('an id', () => {
  const read = (id: string): RawRequest => ({
    method: 'GET',
    path: `/session/${id}`,
    headers: secret(ada.secret),
  })
  const bad: Row[2] = [400, 'bad_id', 'id', '32 characters of 0-9 and a-f']
  it.each<Row>([
    ['is ..', () => read('..'), bad],
    ['is .', () => read('.'), bad],
    ['climbs by %2e%2e%2f', () => read('%2e%2e%2fpool'), bad],
    ['has a slash as %2f', () => read(`${ada.id.slice(0, 16)}%2f${ada.id.slice(16)}`), bad],
    ['has a null byte', () => read(`${ada.id}%00`), bad],
    ['is unicode', () => read('セッション'), bad],
    ['is in upper case', () => read(ada.id.toUpperCase()), bad],
    ['is short', () => read(ada.id.slice(1)), bad],
    ['is long', () => read(`${ada.id}0`), bad],
    ['is a script', () => read('<script>alert(1)<'), bad],
    ['has a space before it', () => read(` ${ada.id}`), bad],
    ['is a template', () => read('{id}'), bad],
    ['is __proto__', () => read('__proto__'), bad],
    ['is empty', () => read(''), [404, 'no_such_path']],
    [
      'is missing',
      () => ({ ...read(''), path: '/session' }),
      [405, 'no_such_method', 'method', 'POST', 'GET'],
    ],
    ['is followed by a slash', () => read(`${ada.id}/`), [404, 'no_such_path']],
  ])('that %s is refused', (_name, request, answer) => refused(request(), answer))

  it('that is refused appears shortened and printable in the answer, so that it cannot forge a log line', async () => {
    const { body } = await system.call<ErrorBody>(read(`\u0007\n${'x'.repeat(100)}`))
    expect(body.error.received).toBe(`??${'x'.repeat(38)}…`)
  })
})

describe('a path or a method', () => {
  const mine = () => secret(ada.secret)
  it.each<Row>([
    ['nobody knows', () => ({ method: 'GET', path: '/admin' }), [404, 'no_such_path']],
    ['that is the root', () => ({ method: 'GET', path: '/' }), [404, 'no_such_path']],
    ['that is empty', () => ({ method: 'GET', path: '' }), [404, 'no_such_path']],
    ['that climbs', () => ({ method: 'GET', path: '/session/../pool' }), [404, 'no_such_path']],
    ['with two slashes', () => ({ method: 'GET', path: '//pool' }), [404, 'no_such_path']],
    ['in another case', () => ({ method: 'GET', path: '/POOL' }), [404, 'no_such_path']],
    [
      'that posts to a pod',
      () => ({ method: 'POST', path: `/session/${ada.id}/pod`, headers: mine() }),
      [405, 'no_such_method', 'method', 'GET, DELETE', 'POST'],
    ],
    [
      'that puts',
      () => ({ method: 'PUT', path: `/session/${ada.id}`, headers: mine() }),
      [405, 'no_such_method', 'method', 'GET, DELETE', 'PUT'],
    ],
    ['that posts to the pool', () => ({ method: 'POST', path: '/pool' }), [405, 'no_such_method', 'method']],
    [
      'in small letters',
      () => ({ method: 'get', path: '/pool' }),
      [405, 'no_such_method', 'method', 'GET', 'another'],
    ],
    [
      'that is no word',
      () => ({ method: 'GET\r\nX: y', path: '/pool' }),
      [405, 'no_such_method', 'method', 'GET', 'another'],
    ],
    ['of an object', () => ({ method: 'GET', path: '/__proto__' }), [404, 'no_such_path']],
    ['of an operation’s name', () => ({ method: 'GET', path: '/constructor' }), [404, 'no_such_path']],
  ])('%s is refused', (_name, request, answer) => refused(request(), answer))

  it('that is wrong is answered with the allowed methods, as RFC 9110 section 15.5.6 requires', async () => {
    const { headers } = await system.call({ method: 'PUT', path: `/session/${ada.id}`, headers: mine() })
    expect(headers.allow).toBe('GET, DELETE')
  })
})

describe('a body', () => {
  const recover = (body: string | undefined, more: Partial<RawRequest> = {}): RawRequest => ({
    method: 'POST',
    path: `/session/${ada.id}/recover`,
    headers: { ...secret(ada.secret), ...JSON_TYPE },
    ...(body === undefined ? {} : { body }),
    ...more,
  })
  const json = (value: unknown): RawRequest => recover(JSON.stringify(value))
  const typed = (type: string): RawRequest =>
    recover('{"epoch":1,"how":"heal"}', { headers: { ...secret(ada.secret), 'content-type': type } })
  const big = JSON.stringify({ epoch: 1, how: 'heal', pad: 'x'.repeat(4_096) })
  const epoch = (expected: string | RegExp, received: string): Row[2] => [
    400,
    'bad_body',
    'epoch',
    expected,
    received,
  ]
  const range = /1|999999999/

  it.each<Row>([
    [
      'over 4 KB',
      () => recover(big),
      [413, 'body_too_large', 'body', 'at most 4096 bytes', `${big.length} bytes`],
    ],
    [
      'over 4 KB in fewer characters',
      () => recover(JSON.stringify('é'.repeat(2_100))),
      [413, 'body_too_large', 'body', 'at most 4096 bytes', '4202 bytes'],
    ],
    [
      'over 4 KB after base64',
      () => recover(Buffer.from(big).toString('base64'), { isBase64Encoded: true }),
      [413, 'body_too_large', 'body', 'at most 4096 bytes', `${big.length} bytes`],
    ],
    ['that is missing', () => recover(undefined), [400, 'bad_body', 'body', 'a JSON object', 'nothing']],
    ['that is empty', () => recover(''), [400, 'bad_body', 'body', 'a JSON object', 'nothing']],
    [
      'that is not JSON',
      () => recover('epoch=1'),
      [400, 'bad_body', 'body', 'a JSON object', 'text that is not JSON'],
    ],
    ['that is half of JSON', () => recover('{"epoch":1'), [400, 'bad_body', 'body', 'a JSON object']],
    ['that is an array', () => json([1, 'heal']), [400, 'bad_body', 'body', 'a JSON object', 'an array']],
    ['that is an empty array', () => json([]), [400, 'bad_body', 'body', 'a JSON object', 'an array']],
    ['that is null', () => json(null), [400, 'bad_body', 'body', 'Object', 'null']],
    ['that is a string', () => json('heal'), [400, 'bad_body', 'body', 'Object', '"heal"']],
    ['that is a number', () => json(1), [400, 'bad_body', 'body', 'Object', '1']],
    [
      'with an unknown field',
      () => json({ epoch: 1, how: 'heal', colour: 'red' }),
      [400, 'bad_body', 'colour', 'no such field'],
    ],
    [
      'with a field that every object inherits',
      () => json({ epoch: 1, how: 'heal', constructor: 1 }),
      [400, 'bad_body', 'constructor', 'no such field'],
    ],
    [
      'that would change a prototype',
      () => recover('{"epoch":1,"how":"heal","__proto__":{"admin":true}}'),
      [400, 'bad_body', '__proto__', 'no such field'],
    ],
    ['without its epoch', () => json({ how: 'heal' }), [400, 'bad_body', 'epoch', 'epoch', 'undefined']],
    ['of epoch 0', () => json({ epoch: 0, how: 'heal' }), epoch(range, '0')],
    ['of a negative epoch', () => json({ epoch: -1, how: 'heal' }), epoch(range, '-1')],
    ['of a huge epoch', () => json({ epoch: 1e9, how: 'heal' }), epoch(range, '1000000000')],
    ['of an epoch beyond numbers', () => recover('{"epoch":1e999,"how":"heal"}'), epoch(/./, 'Infinity')],
    ['of half an epoch', () => json({ epoch: 1.5, how: 'heal' }), epoch('Expected a whole number', '1.5')],
    ['of an epoch in a string', () => json({ epoch: '1', how: 'heal' }), epoch('number', '"1"')],
    ['of an epoch that is null', () => json({ epoch: null, how: 'heal' }), epoch('number', 'null')],
    ['of an epoch that is true', () => json({ epoch: true, how: 'heal' }), epoch('number', 'true')],
    [
      'that asks for no way there is',
      () => json({ epoch: 1, how: 'magic' }),
      [400, 'bad_body', 'how', /failover.*heal/, '"magic"'],
    ],
    [
      'whose way is a list',
      () => json({ epoch: 1, how: ['heal'] }),
      [400, 'bad_body', 'how', /failover.*heal/],
    ],
    [
      'of plain text',
      () => typed('text/plain'),
      [415, 'bad_type', 'content-type', 'application/json', 'text/plain'],
    ],
    [
      'of a form',
      () => typed('application/x-www-form-urlencoded'),
      [415, 'bad_type', 'content-type', 'application/json', 'application/x-www-form-urlencoded'],
    ],
    [
      'of no type',
      () => recover('{"epoch":1,"how":"heal"}', { headers: secret(ada.secret) }),
      [415, 'bad_type', 'content-type', 'application/json', 'nothing'],
    ],
    [
      'of almost JSON',
      () => typed('application/jsonp'),
      [415, 'bad_type', 'content-type', 'application/json'],
    ],
    ['that is not base64', () => recover('{}', { isBase64Encoded: true }), [400, 'bad_body', 'body']],
    [
      'where none is taken',
      () => recover('{}', { method: 'DELETE', path: `/session/${ada.id}` }),
      [400, 'bad_body', 'body', 'no body', '2 bytes'],
    ],
    [
      'on a read',
      () => ({ method: 'GET', path: '/pool', body: '{}' }),
      [400, 'bad_body', 'body', 'no body', '2 bytes'],
    ],
    [
      'with anything in it, for a claim',
      () => ({
        method: 'POST',
        path: '/session',
        headers: { ...secret(bob.secret), ...JSON_TYPE },
        body: '{"slot":0}',
      }),
      [400, 'bad_body', 'slot', 'no such field'],
    ],
    [
      'that reports a negative time',
      () => recover('{"epoch":1,"connectMs":-1,"firstPongMs":1}', { path: `/session/${ada.id}/connected` }),
      [400, 'bad_body', 'connectMs', '>=0', '-1'],
    ],
    [
      'that reports more than an hour',
      () =>
        recover('{"epoch":1,"connectMs":1,"firstPongMs":3600001}', { path: `/session/${ada.id}/connected` }),
      [400, 'bad_body', 'firstPongMs', '<=3600000', '3600001'],
    ],
  ])('%s is refused', (_name, request, answer) => refused(request(), answer))

  it('may be of a type with a charset, in any case, and in base64 when API Gateway says so', async () => {
    const past = (more: Partial<RawRequest>) =>
      system.call<ErrorBody>(recover('{"epoch":7,"how":"heal"}', more))
    const types = ['application/json; charset=utf-8', 'Application/JSON', ' application/json ;x=y']
    for (const type of types) {
      const { body } = await past({ headers: { ...secret(ada.secret), 'content-type': type } })
      expect(body.error.code).toBe('future_epoch')
    }
    const encoded = Buffer.from('{"epoch":7,"how":"heal"}').toString('base64')
    expect((await past({ body: encoded, isBase64Encoded: true })).body.error.code).toBe('future_epoch')
  })
})

describe('a query', () => {
  const kill = (query: string): RawRequest => ({
    method: 'DELETE',
    path: `/session/${ada.id}/pod`,
    headers: secret(ada.secret),
    query,
  })
  it.each<Row>([
    [
      'with a bad how',
      () => kill('how=politely'),
      [400, 'bad_query', 'how', /polite.*crash.*freeze/, '"politely"'],
    ],
    ['with an empty how', () => kill('how='), [400, 'bad_query', 'how', /polite/]],
    [
      'with how twice',
      () => kill('how=polite&how=crash'),
      [400, 'bad_query', 'how', 'once', 'more than once'],
    ],
    ['with the same how twice', () => kill('how=polite&how=polite'), [400, 'bad_query', 'how', 'once']],
    ['with an unknown key', () => kill('how=polite&force=1'), [400, 'bad_query', 'force', 'no such field']],
    [
      'with a key that objects inherit',
      () => kill('toString=1'),
      [400, 'bad_query', 'toString', 'no such field'],
    ],
    ['with __proto__', () => kill('__proto__=1'), [400, 'bad_query', '__proto__', 'no such field']],
    ['with broken escapes', () => kill('how=%zz'), [400, 'bad_query', 'how']],
    ['with epoch 0', () => kill('epoch=0'), [400, 'bad_query', 'epoch', /1 to 999999999|\[1-9\]/]],
    ['with a broken epoch', () => kill('epoch=1.5'), [400, 'bad_query', 'epoch']],
    ['with an epoch that is no number', () => kill('epoch=first'), [400, 'bad_query', 'epoch']],
    ['with an epoch to come', () => kill('epoch=2'), [409, 'future_epoch', 'epoch', '1 at most', '2']],
    ['in another case', () => kill('How=polite'), [400, 'bad_query', 'How', 'no such field']],
    [
      'where none is taken',
      () => ({ method: 'GET', path: '/pool', query: 'slot=1' }),
      [400, 'bad_query', 'slot', 'no such field'],
    ],
  ])('%s is refused', (_name, request, answer) => refused(request(), answer))
})

describe('a name that is refused', () => {
  it('appears shortened and printable in the answer', async () => {
    const field = `\n${'x'.repeat(100)}`
    const query = new URLSearchParams([[field, '1']]).toString()
    const { body } = await system.call<ErrorBody>({ method: 'GET', path: '/pool', query })
    expect(body.error.field).toBe(`?${'x'.repeat(39)}…`)
    const twice = await system.call<ErrorBody>({ method: 'GET', path: '/pool', query: `${query}&${query}` })
    expect(twice.body.error.field).toBe(`?${'x'.repeat(39)}…`)
  })
})

describe('a page of another site', () => {
  const from = (origin: string, method = 'GET') => system.call({ method, path: '/pool', headers: { origin } })

  it('gets no header that would let it read the answer, also not in a preflight', async () => {
    const foreign = [
      'https://evil.example',
      'https://site.example.evil.example',
      'http://site.example',
      'null',
      '*',
    ]
    for (const origin of foreign)
      for (const method of ['GET', 'OPTIONS']) {
        const { headers } = await from(origin, method)
        expect(headers['access-control-allow-origin']).toBeUndefined()
        expect(headers.vary).toBe('origin')
      }
  })

  it('is not this site, which may read answers and errors and send preflights', async () => {
    const site = 'https://site.example'
    expect((await from(site)).headers['access-control-allow-origin']).toBe(site)
    const refusal = await system.call({ method: 'GET', path: '/nothing', headers: { origin: site } })
    expect(refusal.headers['access-control-allow-origin']).toBe(site)
    const preflight = await from(site, 'OPTIONS')
    expect(preflight.status).toBe(204)
    expect(preflight.headers).toMatchObject({
      'access-control-allow-origin': site,
      'access-control-allow-methods': 'GET, POST, DELETE',
      'access-control-allow-headers': 'authorization, content-type',
    })
    expect(preflight.headers['access-control-allow-credentials']).toBeUndefined()
  })
})

describe('any request', () => {
  const piece = fc.oneof(
    fc.constantFrom('session', 'pool', 'health', 'pod', 'extend', 'recover', 'connected', '..', '%2f', ''),
    fc.string({ unit: 'binary', maxLength: 12 }),
    fc.constant(null).map(() => ada.id),
  )
  const path = fc.array(piece, { maxLength: 4 }).map((pieces) => `/${pieces.join('/')}`)
  const headers = fc.record(
    {
      authorization: fc.oneof(
        fc.string({ unit: 'binary' }),
        fc.constant(null).map(() => `Bearer ${bob.secret}`),
        fc.constantFrom('Bearer', `Bearer ${'A'.repeat(43)}`),
      ),
      'content-type': fc.oneof(fc.constant('application/json'), fc.string()),
      origin: fc.string(),
    },
    { requiredKeys: [] },
  )
  const body = fc.oneof(
    fc.json({ maxDepth: 3 }),
    fc.string({ unit: 'binary' }),
    fc.string({ minLength: 5_000 }),
  )
  const request: fc.Arbitrary<RawRequest> = fc.record(
    {
      method: fc.constantFrom('GET', 'POST', 'DELETE', 'PUT', 'PATCH', 'HEAD', 'get', 'x'),
      path,
      headers,
      body,
      query: fc.oneof(fc.webQueryParameters(), fc.string()),
      isBase64Encoded: fc.boolean(),
      address: fc.oneof(fc.ipV4(), fc.ipV6()),
    },
    { requiredKeys: ['method', 'path'] },
  )

  it('is answered by the contract, and never by a 5xx but a typed capacity', async () => {
    await fc.assert(
      fc.asyncProperty(request, async (any) => {
        const { status, body } = await system.call<ErrorBody | undefined>(any)
        if (status >= 500) expect(['capacity', 'contention']).toContain(body?.error.code)
      }),
      { numRuns: 400 },
    )
    expect((await ada.get('/session/:id')).body.state).toBe('live')
  })
})
