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
  it('keeps the count and sets no pause when nothing failed', () => {
    expect(after(0)).toEqual({ failures: 0 })
    expect(after(3)).toEqual({ failures: 3 })
  })

  it('doubles the pause with each failed pass, up to the limit', () => {
    const pauses = [0, 1, 2, 3].map((failures) => after(failures, { failed: 'yes' }).pauseUntilMs)
    expect(pauses).toEqual([1, 2, 4, 8].map((factor) => NOW + factor * LIMITS.refillBackOffMs))
    expect(after(50, { failed: 'yes' })).toEqual({
      failures: 51,
      pauseUntilMs: NOW + LIMITS.refillBackOffMaxMs,
    })
  })

  it('does not count a full quota more than once', () => {
    const first = { failures: 1, pauseUntilMs: NOW + LIMITS.refillBackOffMs }
    expect(after(0, { failed: 'quota' })).toEqual(first)
    expect(after(1, { failed: 'quota' })).toEqual(first)
    expect(after(3, { failed: 'quota' }).failures).toBe(3)
  })

  it('resets the count when a slot became warm, unless its start began before the pause', () => {
    expect(after(3, { hasWarmed: true }, NOW)).toEqual({ failures: 0 })
    expect(after(3, { hasWarmed: true }, NOW + 1)).toEqual({ failures: 3 })
  })

  it('starts with the first pause again when a slot became warm and another step failed', () => {
    expect(after(3, { failed: 'yes', hasWarmed: true })).toEqual({
      failures: 0,
      pauseUntilMs: NOW + LIMITS.refillBackOffMs,
    })
  })

  it('records no failures while the pool is at its target, and still pauses', () => {
    expect(after(2, { isPoolWarm: true })).toEqual({ failures: 0 })
    expect(after(2, { failed: 'yes', isPoolWarm: true })).toEqual({
      failures: 0,
      pauseUntilMs: NOW + 4 * LIMITS.refillBackOffMs,
    })
  })
})
