import { ApiError } from '@warm-pods/core/api/errors.ts'
import { FORM_PATH, FORM_TYPE, type Form, toForm } from '@warm-pods/core/api/form.ts'
import { describe, expect, it } from 'vitest'
import { event } from './_event.ts'
import { expandForm } from './form.ts'

const SITE = 'https://pods.example'
const SECRET = 'A'.repeat(43)
const ID = '0'.repeat(32)

function posted(body: string, headers: Record<string, string> = {}) {
  const made = event({
    headers: { origin: SITE, 'content-type': `${FORM_TYPE};charset=UTF-8`, ...headers },
    body,
  })
  const { requestContext } = made
  return {
    ...made,
    rawPath: FORM_PATH,
    requestContext: { ...requestContext, http: { ...requestContext.http, method: 'POST' } },
  }
}

const expand = (body: string, headers?: Record<string, string>) =>
  expandForm(posted(body, headers), SITE, 1_000)

/** Returns code, field and received value of the ApiError that the call throws. */
function errorOf(call: () => unknown) {
  try {
    call()
    return undefined
  } catch (error) {
    if (!(error instanceof ApiError)) throw error
    return { code: error.code, field: error.detail.field, received: error.detail.received }
  }
}

describe(expandForm, () => {
  it.each<[Omit<Form, 'secret'>, string, string, string, string | undefined]>([
    [{ operation: 'claim', body: {} }, 'POST', '/session', '', '{}'],
    [{ operation: 'read', id: ID }, 'GET', `/session/${ID}`, '', undefined],
    [{ operation: 'reach', id: ID }, 'GET', `/session/${ID}/pod`, '', undefined],
    [
      { operation: 'recover', id: ID, body: { epoch: 1, how: 'heal' } },
      'POST',
      `/session/${ID}/recover`,
      '',
      '{"epoch":1,"how":"heal"}',
    ],
    [
      { operation: 'kill', id: ID, query: { how: 'crash', epoch: '2' } },
      'DELETE',
      `/session/${ID}/pod`,
      'how=crash&epoch=2',
      undefined,
    ],
  ])('returns the request that the form of %o stands for', (form, method, path, query, body) => {
    const made = expand(String(toForm({ ...form, secret: SECRET })))
    expect(made.requestContext.http.method).toBe(method)
    expect(made).toMatchObject({ rawPath: path, rawQueryString: query })
    expect(made.headers['authorization']).toBe(`Bearer ${SECRET}`)
    expect(made.headers['content-type']).toBe(body === undefined ? undefined : 'application/json')
    expect(made.body).toBe(body)
  })

  it('reads a body that API Gateway has encoded in base64', () => {
    const made = posted(Buffer.from(`access_token=${SECRET}`).toString('base64'))
    expect(expandForm({ ...made, isBase64Encoded: true }, SITE, 1_000).rawPath).toBe('/session')
  })

  it('leaves JSON, other paths and requests with an Authorization header alone', () => {
    for (const other of [
      posted('{}', { 'content-type': 'application/json' }),
      { ...posted(''), rawPath: `/session/${ID}/recover` },
      posted(`access_token=${SECRET}`, { authorization: `Bearer ${SECRET}` }),
    ])
      expect(expandForm(other, SITE, 1_000)).toBe(other)
  })

  it('encodes an id, so that it cannot name another path', () => {
    expect(expand(`access_token=${SECRET}&operation=read&id=../pool`).rawPath).toBe('/session/..%2Fpool')
  })

  it.each(['https://evil.example', 'null', 'http://pods.example'])(
    'refuses a form from the origin %s',
    (origin) => {
      expect(errorOf(() => expand(`access_token=${SECRET}`, { origin }))?.code).toBe('foreign_origin')
    },
  )

  it('refuses a form without an Origin header', () => {
    const { origin: _origin, ...headers } = posted('').headers
    const made = { ...posted(`access_token=${SECRET}`), headers }
    expect(errorOf(() => expandForm(made, SITE, 1_000))).toMatchObject({
      code: 'foreign_origin',
      received: 'nothing',
    })
  })

  it('accepts a page that the API’s own host serves', () => {
    const own = { origin: 'http://127.0.0.1:4400', host: '127.0.0.1:4400' }
    expect(expand(`access_token=${SECRET}`, own).rawPath).toBe('/session')
  })

  it.each([
    ['no secret', '', 'bad_secret', 'access_token'],
    ['a short secret', 'access_token=abc', 'bad_secret', 'access_token'],
    ['an unknown operation', `access_token=${SECRET}&operation=constructor`, 'bad_body', 'operation'],
    ['an operation without a secret', `access_token=${SECRET}&operation=pool`, 'bad_body', 'operation'],
    ['a missing id', `access_token=${SECRET}&operation=read`, 'bad_body', 'id'],
    ['an id that is not needed', `access_token=${SECRET}&id=${ID}`, 'bad_body', 'id'],
    ['a repeated field', `access_token=${SECRET}&access_token=${SECRET}`, 'bad_body', 'access_token'],
    ['more bytes than a body may have', `access_token=${'a'.repeat(2_000)}`, 'body_too_large', 'body'],
  ])('refuses %s and names the field', (_what, body, code, field) => {
    expect(errorOf(() => expand(body))).toMatchObject({ code, field })
  })

  it('never repeats a secret in an error', () => {
    expect(errorOf(() => expand(`access_token=${SECRET}x`))?.received).toBe('44 characters')
  })
})
