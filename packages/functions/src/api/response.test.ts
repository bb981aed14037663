import { ErrorSchema } from '@warm-pods/core/api/contracts.ts'
import { API_ERRORS, ApiError, type ApiErrorCode } from '@warm-pods/core/api/errors.ts'
import * as v from 'valibot'
import { describe, expect, it } from 'vitest'
import { errorResponse, toResult } from './response.ts'

const SITE = 'https://site.example'

describe(errorResponse, () => {
  it.each(Object.keys(API_ERRORS) as ApiErrorCode[])(
    'gives %s the status and message of the table',
    (code) => {
      const { status, body, headers } = errorResponse(new ApiError(code), 'r1')
      const { error } = v.parse(ErrorSchema, body)
      expect([status, error.code, error.message, error.requestId]).toEqual([
        API_ERRORS[code].status,
        code,
        API_ERRORS[code].message,
        'r1',
      ])
      const seconds =
        error.retryAfterMs === undefined ? undefined : String(Math.ceil(error.retryAfterMs / 1_000))
      expect(headers?.['retry-after']).toBe(seconds)
    },
  )

  it('rounds Retry-After up to whole seconds, so that it is never shorter than retryAfterMs', () => {
    for (const [ms, seconds] of [
      [1, '1'],
      [1_000, '1'],
      [1_001, '2'],
    ] as const)
      expect(
        errorResponse(new ApiError('too_soon', { retryAfterMs: ms }), 'r1').headers?.['retry-after'],
      ).toBe(seconds)
  })

  it('has field, expected and received only when the error has them', () => {
    const detail = { field: 'epoch', expected: '3', received: '1' }
    expect(errorResponse(new ApiError('old_epoch', detail), 'r1').body).toMatchObject({ error: detail })
    expect(
      Object.keys(v.parse(ErrorSchema, errorResponse(new ApiError('no_session'), 'r1').body).error),
    ).toEqual(['code', 'message', 'requestId'])
  })

  it('does not contain the cause', () => {
    const error = new ApiError('internal', {}, { cause: new Error('row warm-0 has key abc') })
    expect(JSON.stringify(errorResponse(error, 'r1'))).not.toContain('abc')
  })
})

describe(toResult, () => {
  it('forbids caching and content sniffing', () => {
    expect(toResult({ status: 200, body: {} }, undefined, SITE).headers).toMatchObject({
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
      'content-type': 'application/json; charset=utf-8',
      vary: 'origin',
    })
  })

  it('has no content type without a body', () => {
    const result = toResult({ status: 204 }, undefined, SITE)
    expect([result.statusCode, result.body, result.headers?.['content-type']]).toEqual([
      204,
      undefined,
      undefined,
    ])
  })

  it('lets only the origin of the site read it', () => {
    const allowed = (origin: string | undefined) =>
      toResult({ status: 200, body: {} }, origin, SITE).headers?.['access-control-allow-origin']
    expect(allowed(SITE)).toBe(SITE)
    for (const other of [undefined, 'null', `${SITE}/`, `${SITE}.evil.example`, SITE.toUpperCase()])
      expect(allowed(other)).toBeUndefined()
  })
})
