import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { held } from '../_util.ts'
import { apportion, legsOf } from './legs.ts'
import type { Outage } from './phase.ts'

const outage = (part: Partial<Outage>): Outage => ({
  cause: 'click',
  how: 'polite',
  recover: 'failover',
  of: held(),
  atMs: 0,
  ...part,
})

describe(legsOf, () => {
  it('adds up exactly for times in any order', () => {
    const time = fc.option(fc.double({ min: -1_000, max: 20_000, noNaN: true }), { nil: undefined })
    fc.assert(
      fc.property(
        time,
        time,
        time,
        time,
        fc.double({ min: 0, max: 20_000, noNaN: true }),
        (told, created, claimed, connected, pongMs) => {
          const legs = legsOf(
            outage({
              ...(told !== undefined && { toldMs: told }),
              ...(created !== undefined && { createdMs: created }),
              ...(claimed !== undefined && { claimedMs: claimed }),
              ...(connected !== undefined && { connectedMs: connected }),
            }),
            pongMs,
          )
          expect(legs.every(({ ms }) => ms >= 0)).toBe(true)
          expect(legs.reduce((sum, { ms }) => sum + ms, 0)).toBeCloseTo(pongMs, 6)
        },
      ),
    )
  })

  it('has no told leg without a click, because the time starts when the death is noticed', () => {
    const legs = legsOf(outage({ cause: 'itself', toldMs: 0, claimedMs: 20, connectedMs: 30 }), 35)
    expect(legs.map(({ name }) => name)).toEqual(['claimed', 'connected', 'pong'])
  })

  it('has a told leg without a click, when the API had to be asked after a cut', () => {
    const legs = legsOf(outage({ cause: 'itself', toldMs: 8, claimedMs: 20, connectedMs: 30 }), 35)
    expect(legs[0]).toEqual({ name: 'told', ms: 8 })
  })

  it('names no heal a claim, even when the new pod was ready before the page saw it', () => {
    const legs = legsOf(outage({ recover: 'heal', toldMs: 10, claimedMs: 9_000, connectedMs: 9_010 }), 9_015)
    expect(legs.map(({ name }) => name)).toEqual(['told', 'healed', 'connected', 'pong'])
  })

  it('names the legs of a cold replacement asked and start', () => {
    const legs = legsOf(outage({ toldMs: 10, createdMs: 30, claimedMs: 1_500, connectedMs: 1_510 }), 1_515)
    expect(legs.map(({ name }) => name)).toEqual(['told', 'asked', 'start', 'connected', 'pong'])
  })
})

describe(apportion, () => {
  it('rounds parts so that they add up to the rounded whole', () => {
    expect(apportion([0.4, 0.4, 0.4], 1)).toEqual([1, 0, 0])
    expect(apportion([1_773.4, 60.3, 12.3, 2.4], 10)).toEqual([1_780, 60, 10, 0])
    fc.assert(
      fc.property(
        fc.array(fc.double({ min: 0, max: 5_000, noNaN: true }), { minLength: 1, maxLength: 6 }),
        (parts) => {
          const sum = apportion(parts, 1).reduce((a, b) => a + b, 0)
          expect(sum).toBe(Math.round(parts.reduce((a, b) => a + b, 0)))
        },
      ),
    )
  })
})
