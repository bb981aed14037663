import { EpochSchema } from '@warm-pods/core/api/contracts.ts'
import { ApiError, type ApiErrorCode } from '@warm-pods/core/api/errors.ts'
import { OPERATIONS, type Operation } from '@warm-pods/core/api/operations.ts'
import { sessionIdOf } from '@warm-pods/core/identity/secret.ts'
import fc from 'fast-check'
import * as v from 'valibot'
import { describe, expect, it } from 'vitest'
import { event } from './_event.ts'
import { bodyOf, callerOf, checkId, queryOf } from './request.ts'

const SECRET = 'A'.repeat(43)
const JSON_TYPE = { 'content-type': 'application/json' }

/** Returns the code of the ApiError that the call throws. */
async function codeOf(call: () => unknown): Promise<ApiErrorCode | undefined> {
  try {
    await call()
    return undefined
  } catch (error) {
    if (error instanceof ApiError) return error.code
    throw error
  }
}

describe(callerOf, () => {
  it('returns the session id of the secret', async () => {
    const given = event({ headers: { authorization: `Bearer ${SECRET}` } })
    expect(await callerOf(given)).toBe(await sessionIdOf(SECRET))
  })

  it('accepts only 43 characters of base64url', async () => {
    await fc.assert(
      fc.asyncProperty(fc.oneof(fc.string({ unit: 'binary' }), fc.base64String()), async (text) => {
        const code = await codeOf(() => callerOf(event({ headers: { authorization: `Bearer ${text}` } })))
        expect(code).toBe(/^[\w-]{43}$/.test(text) ? undefined : 'bad_secret')
      }),
    )
  })
})

describe(checkId, () => {
  it('accepts the caller’s own id, and answers another visitor’s like a missing one', async () => {
    const id = await sessionIdOf(SECRET)
    expect(await codeOf(() => checkId(id, id))).toBeUndefined()
    expect(await codeOf(() => checkId('0'.repeat(32), id))).toBe('no_session')
    expect(await codeOf(() => checkId('..', id))).toBe('bad_id')
  })
})

describe(bodyOf, () => {
  const { recover, claim, read } = OPERATIONS
  const take = (body: string | undefined, operation: Operation = recover, maxBytes = 100) =>
    bodyOf(event({ headers: JSON_TYPE, ...(body === undefined ? {} : { body }) }), operation, maxBytes)

  it('returns the output of the schema', () => {
    expect(take('{"epoch":2,"how":"heal"}')).toEqual({ epoch: 2, how: 'heal' })
  })

  it('accepts an empty body where it is optional, with or without a content type', () => {
    expect(take(undefined, claim)).toEqual({})
    expect(bodyOf(event(), claim, 100)).toEqual({})
    expect(take('{}', claim)).toEqual({})
  })

  it('returns undefined for an operation without a body', async () => {
    expect(take(undefined, read)).toBeUndefined()
    expect(await codeOf(() => take(' ', read))).toBe('bad_body')
  })

  it('checks the size in bytes before parsing', async () => {
    expect(await codeOf(() => take(`"${'é'.repeat(49)}"`))).toBe('bad_body')
    expect(await codeOf(() => take(`"${'é'.repeat(50)}"`))).toBe('body_too_large')
    expect(await codeOf(() => take('x'.repeat(101), read))).toBe('body_too_large')
  })

  it('throws only ApiError for any input', async () => {
    const any = fc.oneof(fc.string({ unit: 'binary' }), fc.json())
    await fc.assert(
      fc.asyncProperty(any, fc.boolean(), async (body, isBase64Encoded) => {
        const given = event({ headers: JSON_TYPE, body, isBase64Encoded })
        const code = await codeOf(() => bodyOf(given, recover, 4_096))
        expect(code ?? 'bad_body').toMatch(/^bad_body$|^body_too_large$/)
      }),
    )
  })
})

describe(queryOf, () => {
  const take = (rawQueryString: string) => queryOf(event({ rawQueryString }), OPERATIONS.kill)

  it('applies defaults and decodes percent-encoding', () => {
    expect(take('')).toEqual({ how: 'polite' })
    expect(take('how=freeze')).toEqual({ how: 'freeze' })
    expect(take('h%6Fw=cr%61sh')).toEqual({ how: 'crash' })
  })

  it('refuses repeated and unknown keys', async () => {
    for (const query of ['how=crash&how=crash', 'how=crash&h%6Fw=polite', 'x=1', '=', '__proto__=1'])
      expect(await codeOf(() => take(query))).toBe('bad_query')
  })
})

describe('an error of an epoch', () => {
  it('states the expected value for every invalid epoch', () => {
    for (const wrong of [0, -1, 1e9, 1.5, '1', null, undefined, [], {}, true]) {
      const result = v.safeParse(EpochSchema, wrong)
      expect(result.issues?.[0].message).toMatch(/Expected|expected/)
    }
  })
})
