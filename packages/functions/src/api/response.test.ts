import { ErrorSchema } from '@warm-pods/core/api/contracts.ts'
import { API_ERRORS, ApiError, type ApiErrorCode } from '@warm-pods/core/api/errors.ts'
import * as v from 'valibot'
import { describe, expect, it } from 'vitest'
import { faultAnswer, toResult } from './response.ts'

const SITE = 'https://site.example'

describe(faultAnswer, () => {
  it.each(Object.keys(API_ERRORS) as ApiErrorCode[])(
    'makes of %s the status and sentence of the table',
    (code) => {
      const { status, body, headers } = faultAnswer(new ApiError(code), 'r1')
      const { error } = v.parse(ErrorSchema, body)
      expect([status, error.code, error.message, error.requestId]).toEqual([
        API_ERRORS[code].status,
        code,
        API_ERRORS[code].sentence,
        'r1',
      ])
      const seconds =
        error.retryAfterMs === undefined ? undefined : String(Math.ceil(error.retryAfterMs / 1_000))
      expect(headers?.['retry-after']).toBe(seconds)
    },
  )

  it('rounds Retry-After up to whole seconds: a caller who waits that long has waited long enough', () => {
    for (const [ms, seconds] of [
      [1, '1'],
      [1_000, '1'],
      [1_001, '2'],
    ] as const)
      expect(faultAnswer(new ApiError('too_soon', { retryAfterMs: ms }), 'r1').headers?.['retry-after']).toBe(
        seconds,
      )
  })

  it('tells field, expected and received when they are known, and leaves them out otherwise', () => {
    const detail = { field: 'epoch', expected: '3', received: '1' }
    expect(faultAnswer(new ApiError('old_epoch', detail), 'r1').body).toMatchObject({ error: detail })
    expect(
      Object.keys(v.parse(ErrorSchema, faultAnswer(new ApiError('no_session'), 'r1').body).error),
    ).toEqual(['code', 'message', 'requestId'])
  })

  it('tells nothing of what caused it', () => {
    const fault = new ApiError('internal', {}, { cause: new Error('row warm-0 has key abc') })
    expect(JSON.stringify(faultAnswer(fault, 'r1'))).not.toContain('abc')
  })
})

describe(toResult, () => {
  it('is never kept by a cache and never sniffed', () => {
    expect(toResult({ status: 200, body: {} }, undefined, SITE).headers).toMatchObject({
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
      'content-type': 'application/json; charset=utf-8',
      vary: 'origin',
    })
  })

  it('has neither body nor type when there is nothing to say', () => {
    const result = toResult({ status: 204 }, undefined, SITE)
    expect([result.statusCode, result.body, result.headers?.['content-type']]).toEqual([
      204,
      undefined,
      undefined,
    ])
  })

  it('lets the site read it, and no other origin', () => {
    const allowed = (origin: string | undefined) =>
      toResult({ status: 200, body: {} }, origin, SITE).headers?.['access-control-allow-origin']
    expect(allowed(SITE)).toBe(SITE)
    for (const other of [undefined, 'null', `${SITE}/`, `${SITE}.evil.example`, SITE.toUpperCase()])
      expect(allowed(other)).toBeUndefined()
  })
})
