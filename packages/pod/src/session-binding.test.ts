import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createSessionBinding } from './session-binding.ts'

const claims = fc.record({
  sessionId: fc.constantFrom('ada', 'bob', 'cyd'),
  epoch: fc.integer({ min: 1, max: 5 }),
  expiresAtS: fc.constant(0),
})

describe(createSessionBinding, () => {
  it('is bound to no session at first', () => {
    expect(createSessionBinding().bound).toBe(false)
  })

  it('accepts only the first session, and its epochs never decrease', () => {
    fc.assert(
      fc.property(fc.array(claims, { minLength: 1, maxLength: 50 }), (attempts) => {
        const binding = createSessionBinding()
        const accepted = attempts.filter((attempt) => binding.accept(attempt) === 'accepted')
        expect(new Set(accepted.map(({ sessionId }) => sessionId))).toEqual(new Set([attempts[0]?.sessionId]))
        const epochs = accepted.map(({ epoch }) => epoch)
        expect(epochs).toEqual(epochs.toSorted((a, b) => a - b))
      }),
    )
  })

  it('names the reason of a refusal: another session, or an older epoch', () => {
    const binding = createSessionBinding()
    const accept = (sessionId: string, epoch: number) => binding.accept({ sessionId, epoch, expiresAtS: 0 })
    expect([
      accept('ada', 2),
      accept('bob', 9),
      accept('ada', 1),
      accept('ada', 2),
      accept('ada', 3),
      accept('ada', 2),
    ]).toEqual(['accepted', 'another session', 'older epoch', 'accepted', 'accepted', 'older epoch'])
  })
})
