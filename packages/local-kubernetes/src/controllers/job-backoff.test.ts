import { describe, expect, it } from 'vitest'
import { createJobBackoff } from './job-backoff.ts'

describe(createJobBackoff, () => {
  it('doubles with each failure, up to 10 minutes, and ends with a success', () => {
    const backoff = createJobBackoff(10_000)
    const rounded = () => Math.round(backoff.remainingMs('j') / 1000)
    const waits = Array.from({ length: 8 }, () => {
      backoff.record('j', 1, 0)
      return rounded()
    })
    expect(waits).toEqual([10, 20, 40, 80, 160, 320, 600, 600])
    backoff.record('j', 0, 1)
    expect(rounded()).toBe(0)
  })
})
