import { describe, expect, it } from 'vitest'
import { Statistics } from './statistics.ts'

describe(Statistics, () => {
  it('interpolates medians between measured times, like the page does', () => {
    const statistics = new Statistics()
    for (const ms of [1_300, 1_200]) statistics.measure('start', ms)
    expect(statistics.summary(60_000, 4).last24h.start).toEqual({ n: 2, p50Ms: 1_250, p95Ms: 1_295 })
  })

  it('has no percentiles without measured times', () => {
    expect(new Statistics().summary(60_000, 4).last24h.heal).toEqual({ n: 0, p50Ms: null, p95Ms: null })
  })
})
