import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { coldJobName, LABELS, OURS, parseWarmJobName, randomSuffix, warmJobName } from './names.ts'

/** RFC 1123 label, as Kubernetes asks of a Job's name; and a pod's name appends six characters to it. */
const DNS_LABEL = /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/
const suffix = fc.constant(null).map(randomSuffix)

describe(warmJobName, () => {
  it('is a valid name that contains its slot and generation', () => {
    const numbers = [fc.nat({ max: 9_999 }), fc.nat({ max: 999_999_999 })] as const
    fc.assert(
      fc.property(...numbers, suffix, (slot, gen, end) => {
        const name = warmJobName(slot, gen, end)
        expect(name).toMatch(DNS_LABEL)
        expect(parseWarmJobName(name)).toEqual({ slot, gen })
      }),
    )
  })
})

describe(parseWarmJobName, () => {
  it.each([
    '',
    'warm',
    'warm-1',
    'warm-1-2',
    'warm-1-2-',
    'warm--1-2-abc',
    'warm-1-2-ABC',
    'x-warm-1-2-abc',
    'warm-1-2-abc.x',
    'warm-1-2-abc\n',
  ])('returns undefined for %o', (name) => {
    expect(parseWarmJobName(name)).toBeUndefined()
  })

  it('returns undefined for a cold Job', () => {
    expect(parseWarmJobName(coldJobName('0123456789abcdef', 1, 'bcdfg'))).toBeUndefined()
  })
})

describe(coldJobName, () => {
  it('names the session by its beginning only, and stays a valid name', () => {
    const name = coldJobName('0123456789abcdef0123456789abcdef', 999_999_999, randomSuffix())
    expect(name).toMatch(/^cold-01234567-999999999-[a-z0-9]{5}$/)
    expect(name).toMatch(DNS_LABEL)
  })
})

describe(randomSuffix, () => {
  it('is five letters and digits that spell no words', () => {
    for (let i = 0; i < 1_000; i++) expect(randomSuffix()).toMatch(/^[bcdfghjklmnpqrstvwxz2456789]{5}$/)
  })
})

describe('labels', () => {
  it('are the documented ones', () => {
    expect(LABELS).toMatchObject({ pool: 'pool', assigned: 'assigned', sessionId: 'session-id' })
    expect(OURS).toBe('app.kubernetes.io/name=warm-pods')
  })
})
