import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createTenancy } from './tenancy.ts'

const claims = fc.record({
  sessionId: fc.constantFrom('ada', 'bob', 'cyd'),
  epoch: fc.integer({ min: 1, max: 5 }),
  expiresAtS: fc.constant(0),
})

describe(createTenancy, () => {
  it('is bound by nobody at first', () => {
    expect(createTenancy().bound).toBe(false)
  })

  it('admits one session in its life, the first, and its epochs never go back', () => {
    fc.assert(
      fc.property(fc.array(claims, { minLength: 1, maxLength: 50 }), (visits) => {
        const tenancy = createTenancy()
        const admitted = visits.filter((visit) => tenancy.admit(visit) === 'admitted')
        expect(new Set(admitted.map(({ sessionId }) => sessionId))).toEqual(new Set([visits[0]?.sessionId]))
        const epochs = admitted.map(({ epoch }) => epoch)
        expect(epochs).toEqual(epochs.toSorted((a, b) => a - b))
      }),
    )
  })

  it('says which it was: another session, or an older epoch', () => {
    const tenancy = createTenancy()
    const visit = (sessionId: string, epoch: number) => tenancy.admit({ sessionId, epoch, expiresAtS: 0 })
    expect([
      visit('ada', 2),
      visit('bob', 9),
      visit('ada', 1),
      visit('ada', 2),
      visit('ada', 3),
      visit('ada', 2),
    ]).toEqual(['admitted', 'another session', 'older epoch', 'admitted', 'admitted', 'older epoch'])
  })
})
