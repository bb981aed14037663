import { describe, expect, it } from 'vitest'
import { LIMITS } from '../limits.ts'
import { gapsAfter, observedMs } from './observation.ts'

const NOW = Date.UTC(2026, 10, 1, 12)
const MINUTE = 60_000
const ago = (minutes: number) => NOW - minutes * MINUTE

describe(gapsAfter, () => {
  it('counts the time before the first pass as a gap', () => {
    expect(gapsAfter({ gaps: [] }, NOW, LIMITS)).toEqual([{ fromMs: 0, untilMs: NOW }])
  })

  it('adds no gap for a pass that a missed trigger explains', () => {
    expect(gapsAfter({ gaps: [], confirmedAtMs: NOW - 2 * LIMITS.refillEveryMs }, NOW, LIMITS)).toEqual([])
  })

  it('adds the time in which a stage was off', () => {
    const gap = { fromMs: ago(50), untilMs: ago(40) }
    expect(gapsAfter({ gaps: [gap], confirmedAtMs: ago(10) }, NOW, LIMITS)).toEqual([
      gap,
      { fromMs: ago(10), untilMs: NOW },
    ])
  })

  it('forgets gaps that ended more than an hour ago, and keeps no more than a few', () => {
    const old = { fromMs: 0, untilMs: ago(61) }
    expect(gapsAfter({ gaps: [old], confirmedAtMs: ago(1) }, NOW, LIMITS)).toEqual([])
    const many = Array.from({ length: 20 }, () => ({ fromMs: ago(9), untilMs: ago(8) }))
    expect(gapsAfter({ gaps: many, confirmedAtMs: ago(5) }, NOW, LIMITS)).toHaveLength(8)
  })

  it('adds no gap when a clock has stepped back', () => {
    expect(gapsAfter({ gaps: [], confirmedAtMs: ago(-30) }, NOW, LIMITS)).toEqual([])
  })
})

describe(observedMs, () => {
  it('is the whole window without a gap', () => {
    expect(observedMs([], ago(55), NOW)).toBe(55 * MINUTE)
  })

  it('is the age of a young pool', () => {
    expect(observedMs([{ fromMs: 0, untilMs: ago(3) }], ago(55), NOW)).toBe(3 * MINUTE)
  })

  it('leaves out each gap within the window', () => {
    const gaps = [
      { fromMs: ago(70), untilMs: ago(50) },
      { fromMs: ago(20), untilMs: ago(10) },
    ]
    expect(observedMs(gaps, ago(55), NOW)).toBe(40 * MINUTE)
  })
})
