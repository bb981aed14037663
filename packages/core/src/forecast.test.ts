import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { erlangB, warmShare } from './forecast.ts'

/** The definition: (a^n / n!) / Σ (a^k / k!), k = 0…n. Exact for small n, where nothing overflows. */
function byDefinition(servers: number, load: number): number {
  const terms = Array.from({ length: servers + 1 }, (_, k) => load ** k / factorial(k))
  return (terms.at(-1) ?? 0) / terms.reduce((sum, term) => sum + term, 0)
}

function factorial(n: number): number {
  return n === 0 ? 1 : n * factorial(n - 1)
}

describe(erlangB, () => {
  it.each([
    // By hand: 1/(1+1); (1/2)/(1+1+1/2); (16/24)/(1+2+2+4/3+2/3); (1/24)/(65/24).
    [1, 1, 1 / 2],
    [2, 1, 1 / 5],
    [4, 2, 2 / 21],
    [4, 1, 1 / 65],
    [0, 3, 1],
    [4, 0, 0],
  ])('of %i slots under a load of %d is %d', (servers, load, blocked) => {
    expect(erlangB(servers, load)).toBeCloseTo(blocked, 12)
  })

  it('follows its definition, more slots block less, and more load blocks more', () => {
    const load = fc.double({ min: 0.001, max: 20, noNaN: true })
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 20 }), load, (servers, a) => {
        expect(erlangB(servers, a)).toBeCloseTo(byDefinition(servers, a), 9)
        expect(erlangB(servers + 1, a)).toBeLessThan(erlangB(servers, a))
        expect(erlangB(servers, a * 1.5)).toBeGreaterThan(erlangB(servers, a))
      }),
    )
  })

  it('is finite under any load', () => {
    expect(erlangB(4, 1e12)).toBeCloseTo(1, 9)
  })
})

describe(warmShare, () => {
  it('is one minus the share of arrivals that find all slots busy', () => {
    // 60 visitors a minute and 1 s to start: a load of 1.
    expect(warmShare(4, 60, 1_000)).toBeCloseTo(64 / 65, 12)
  })

  it('is 1 without arrivals, and when a start takes no time', () => {
    expect(warmShare(4, 0, 5_000)).toBe(1)
    expect(warmShare(4, 100, 0)).toBe(1)
  })
})
