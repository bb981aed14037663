import { describe, expect, it } from 'vitest'
import { createCrashBackoff, goDuration } from './crash-backoff.ts'

describe(createCrashBackoff, () => {
  it('does not wait at first, then 10 s, 20 s, at most 300 s', () => {
    const backoff = createCrashBackoff(10_000)
    const waits = Array.from({ length: 8 }, () => backoff.crashed())
    expect(waits).toEqual([0, 10_000, 20_000, 40_000, 80_000, 160_000, 300_000, 300_000])
    expect(waits.slice(1, 4).map(goDuration)).toEqual(['10s', '20s', '40s'])
    expect(goDuration(80_000)).toBe('1m20s')
  })
})
