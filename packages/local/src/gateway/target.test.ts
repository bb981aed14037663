import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { addressIn } from './target.ts'

describe(addressIn, () => {
  it('reads every canonical IPv4 address', () => {
    fc.assert(fc.property(fc.ipV4(), (ip) => addressIn(`/pod/${ip}`) === ip))
  })

  it('accepts only targets that are exactly /pod/ and a canonical address', () => {
    const near = fc.string({ unit: fc.constantFrom(...'/pod0123456789.%:?#\\@ \n\0'), maxLength: 24 })
    fc.assert(
      fc.property(
        fc.oneof(
          near,
          fc.string(),
          near.map((tail) => `/pod/1.2.3.4${tail}`),
        ),
        (target) => {
          const ip = addressIn(target)
          if (ip === undefined) return
          expect(`/pod/${ip}`).toBe(target)
          expect(new URL(`http://${ip}/`).hostname).toBe(ip)
        },
      ),
    )
  })

  it.each(['/pod/1.2.3.4\n', '/pod/1.2.3.04', '/pod/1.2.3.4 ', '/pod/1.2.3', undefined])(
    'rejects %j',
    (target) => {
      expect(addressIn(target)).toBeUndefined()
    },
  )
})
