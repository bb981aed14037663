import { describe, expect, it } from 'vitest'
import { LIMITS } from '../limits.ts'
import { NOW } from './_world.ts'
import { nextBackoff, type PassOutcome } from './next-backoff.ts'

const after = (failures: number, outcome: Partial<PassOutcome> = {}, pausedUntilMs = 0) =>
  nextBackoff(
    { failures, pausedUntilMs },
    { failed: 'no', hasWarmed: false, isPoolWarm: false, ...outcome },
    NOW,
    LIMITS,
  )

describe(nextBackoff, () => {
  it('keeps the count and sets no back-off when nothing failed', () => {
    expect(after(0)).toEqual({ failures: 0 })
    expect(after(3)).toEqual({ failures: 3 })
  })

  it('doubles the back-off with each failed pass, up to the limit', () => {
    const backOffs = [0, 1, 2, 3].map((failures) => after(failures, { failed: 'yes' }).backOffUntilMs)
    expect(backOffs).toEqual([1, 2, 4, 8].map((factor) => NOW + factor * LIMITS.refillBackOffMs))
    expect(after(50, { failed: 'yes' })).toEqual({
      failures: 51,
      backOffUntilMs: NOW + LIMITS.refillBackOffMaxMs,
    })
  })

  it('counts failures during a back-off once, because those starts began before it', () => {
    expect(after(2, { failed: 'yes' }, NOW + 1)).toEqual({
      failures: 2,
      backOffUntilMs: NOW + 2 * LIMITS.refillBackOffMs,
    })
    expect(after(0, { failed: 'yes' }, NOW + 1).failures).toBe(1)
  })

  it('does not count a full quota more than once', () => {
    const first = { failures: 1, backOffUntilMs: NOW + LIMITS.refillBackOffMs }
    expect(after(0, { failed: 'quota' })).toEqual(first)
    expect(after(1, { failed: 'quota' })).toEqual(first)
    expect(after(3, { failed: 'quota' }).failures).toBe(3)
  })

  it('resets the count when a slot became warm, unless its start began before the back-off', () => {
    expect(after(3, { hasWarmed: true }, NOW)).toEqual({ failures: 0 })
    expect(after(3, { hasWarmed: true }, NOW + 1)).toEqual({ failures: 3 })
  })

  it('starts with the first back-off again when a slot became warm and another step failed', () => {
    expect(after(3, { failed: 'yes', hasWarmed: true })).toEqual({
      failures: 0,
      backOffUntilMs: NOW + LIMITS.refillBackOffMs,
    })
  })

  it('records no failures while the pool is at its target, and still backs off', () => {
    expect(after(2, { isPoolWarm: true })).toEqual({ failures: 0 })
    expect(after(2, { failed: 'yes', isPoolWarm: true })).toEqual({
      failures: 0,
      backOffUntilMs: NOW + 4 * LIMITS.refillBackOffMs,
    })
  })
  it('ends a back-off when a pass without a failure finds the pool at its target', () => {
    const outcome = { failed: 'no', hasWarmed: false, isPoolWarm: true } as const
    const refill = { failures: 2, pausedUntilMs: 0, backOffUntilMs: NOW + 50_000 }
    expect(nextBackoff(refill, outcome, NOW, LIMITS)).toEqual({ failures: 0, backOffUntilMs: NOW })
    expect(nextBackoff(refill, { ...outcome, isPoolWarm: false }, NOW, LIMITS)).toEqual({ failures: 2 })
  })
})
