import { describe, expect, it } from 'vitest'
import { limitRate } from './limit-rate.ts'

/** A clock that a wait moves forward. Waits that begin at the same time end independently. */
function fakeClock() {
  let nowMs = 5_000
  return {
    advance: (ms: number) => {
      nowMs += ms
    },
    pace: { monotonic: () => nowMs, sleep: async (ms: number) => void waits.push(ms) },
    waits,
  }
}
const waits: number[] = []

describe(limitRate, () => {
  it('lets a burst pass at once, and then the sustained rate', async () => {
    const { advance, pace } = fakeClock()
    waits.length = 0
    const mayCall = limitRate({ perSecond: 10, burst: 3 }, pace)
    for (let call = 0; call < 6; call++) await mayCall()
    expect(waits).toEqual([100, 200, 300])
    advance(300)
    await mayCall()
    expect(waits.slice(3)).toEqual([100])
  })

  it('permits no larger burst after a long quiet time', async () => {
    const { advance, pace } = fakeClock()
    waits.length = 0
    const mayCall = limitRate({ perSecond: 10, burst: 2 }, pace)
    advance(3_600_000)
    for (let call = 0; call < 3; call++) await mayCall()
    expect(waits).toEqual([100])
  })
})
