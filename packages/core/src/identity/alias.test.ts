import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ALIAS_WORDS, aliasOf } from './alias.ts'

describe(aliasOf, () => {
  it('is one of 64 manners and one of 64 creatures, none of them twice', () => {
    const { manners, creatures } = ALIAS_WORDS
    expect([new Set(manners).size, new Set(creatures).size]).toEqual([64, 64])
    for (const word of [...manners, ...creatures]) expect(word).toMatch(/^[a-z]+$/)
    fc.assert(
      fc.property(fc.string(), (uid) => {
        const [manner = '', creature = '', ...more] = aliasOf(uid).split('-')
        return manners.includes(manner) && creatures.includes(creature) && more.length === 0
      }),
    )
  })

  it('is stable for a UID', () => {
    expect(aliasOf('')).toBe('honest-hawk')
    expect(aliasOf('5b4f27a6-6c11-4a54-9a3f-6f0f6f3c1f11')).toBe('mellow-crane')
  })

  it('is unique among a dozen pods in nine cases of ten', () => {
    const dozens = 2_000
    let clashes = 0
    for (let i = 0; i < dozens; i++) {
      const names = Array.from({ length: 12 }, (_, pod) => aliasOf(uidOf(i * 12 + pod)))
      if (new Set(names).size < 12) clashes += 1
    }
    // 66 pairs of 4,096 names: 1.6 % if the hash spreads evenly.
    expect(clashes / dozens).toBeLessThan(0.1)
  })

  it('uses every word', () => {
    const names = Array.from({ length: 4_000 }, (_, i) => aliasOf(uidOf(i)).split('-'))
    expect(new Set(names.map(([manner]) => manner)).size).toBe(64)
    expect(new Set(names.map(([, creature]) => creature)).size).toBe(64)
  })
})

/** A UID that looks like Kubernetes' own: a version 4 UUID, different for each `i`. */
function uidOf(i: number): string {
  const hex = (i * 2_654_435_761).toString(16).padStart(16, '0')
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(1, 4)}-a${hex.slice(5, 8)}-${hex.slice(-12)}`
}
