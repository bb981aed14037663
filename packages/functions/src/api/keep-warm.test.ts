import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { event } from './_event.ts'
import { isKeepWarm, KEEP_WARM } from './keep-warm.ts'

const text = fc.oneof(fc.string(), fc.constantFrom('kind', 'keep-warm', JSON.stringify(KEEP_WARM)))
const texts = fc.dictionary(text, text)

describe(isKeepWarm, () => {
  it('is true for the event of the schedule', () => {
    expect(isKeepWarm(JSON.parse(JSON.stringify(KEEP_WARM)))).toBe(true)
  })

  it('is false for an HTTP request, whatever its path, query, headers, cookies and body contain', () => {
    const parts = fc.record({
      rawPath: text,
      rawQueryString: text,
      headers: texts,
      queryStringParameters: texts,
      cookies: fc.array(text),
      body: text,
      isBase64Encoded: fc.boolean(),
    })
    fc.assert(fc.property(parts, (caller) => !isKeepWarm({ ...event(), ...caller })))
  })

  it.each([{}, { kind: 'refill' }, { kind: 'keep-warm', requestContext: {} }, { detail: KEEP_WARM }])(
    'is false for %j',
    (other) => {
      expect(isKeepWarm(other)).toBe(false)
    },
  )
})
