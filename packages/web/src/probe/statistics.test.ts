import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { mean } from '../lib/mean.ts'
import { answered, sample } from './_util.ts'
import type { Sample } from './samples.ts'
import { jitter, livedMs, statistics } from './statistics.ts'

describe(mean, () => {
  it('is undefined for no values', () => expect(mean([])).toBeUndefined())
  it('is the arithmetic mean', () => expect(mean([1, 2, 6])).toBe(3))
})

describe(jitter, () => {
  it('is 0 for a steady pod', () => expect(jitter(answered(40, 40, 40))).toEqual({ valueMs: 0, count: 3 }))

  it('moves by a sixteenth of each change (RFC 3550 A.8)', () => {
    // 16/16 = 1, then 1 + (|0| − 1)/16, then that + (|−16| − that)/16
    expect(jitter(answered(40, 56)).valueMs).toBeCloseTo(1, 12)
    expect(jitter(answered(40, 56, 56)).valueMs).toBeCloseTo(0.9375, 12)
    expect(jitter(answered(40, 56, 56, 40)).valueMs).toBeCloseTo(1.87890625, 12)
  })

  it('starts anew at a gap, and does not count the difference across it', () => {
    const samples = [sample({ seq: 0, rttMs: 10 }), sample({ seq: 1 }), sample({ seq: 2, rttMs: 900 })]
    expect(jitter(samples)).toEqual({ valueMs: 0, count: 1 })
  })

  it('starts anew with another pod', () => {
    const samples = [sample({ seq: 0, rttMs: 10 }), sample({ seq: 1, rttMs: 500, pod: 2 })]
    expect(jitter(samples)).toEqual({ valueMs: 0, count: 1 })
  })

  it('starts anew after a sleep', () => {
    const samples = [
      sample({ seq: 0, rttMs: 10 }),
      sample({ seq: 1, state: 'asleep' }),
      sample({ seq: 2, rttMs: 99 }),
    ]
    expect(jitter(samples)).toEqual({ valueMs: 0, count: 1 })
  })

  it('ignores a ping that is still on its way', () => {
    const samples = [...answered(40, 56), sample({ seq: 2, state: 'waiting' })]
    expect(jitter(samples).valueMs).toBe(1)
  })
})

describe(livedMs, () => {
  it('counts a ping due in an outage from when it was due until the first later pong', () => {
    const samples = [
      sample({ seq: 0, dueMs: 0, rttMs: 40 }),
      sample({ seq: 1, dueMs: 250, state: 'missed' }),
      sample({ seq: 2, dueMs: 500, state: 'down' }),
      sample({ seq: 3, dueMs: 750, rttMs: 50 }),
    ]
    expect(livedMs(samples, 10_000).toReversed()).toEqual([40, 550, 300, 50])
  })

  it('counts until now while the outage lasts', () => {
    expect(livedMs([sample({ seq: 0, dueMs: 100, state: 'down' })], 1_100)).toEqual([1_000])
  })

  it('shows one outage of 1.8 s in a minute, which p99 hides', () => {
    const samples = Array.from({ length: 240 }, (_, seq) =>
      seq >= 120 && seq < 127 ? sample({ seq, state: 'down' }) : sample({ seq, rttMs: 40 + (seq % 13) }),
    )
    const { p99, livedP99 } = statistics(samples, 60_000)
    expect(p99.value).toBeLessThan(53)
    expect(livedP99.value).toBeGreaterThan(1_000)
  })
})

/** Minutes as they may be: pods change, slots are skipped, the browser sleeps, pongs come late or never. */
const minutes = fc
  .array(
    fc.record({
      state: fc.constantFrom<Sample['state']>(
        'answered',
        'answered',
        'answered',
        'late',
        'missed',
        'down',
        'asleep',
        'waiting',
      ),
      rtt: fc.double({ min: 0.1, max: 3_000, noNaN: true }),
      otherPod: fc.nat(9),
      skipped: fc.nat(9),
    }),
    { minLength: 1, maxLength: 60 },
  )
  .map((slots) => {
    let seq = 0
    let pod = 1
    return slots.map(({ state, rtt, otherPod, skipped }): Sample => {
      seq += skipped === 0 ? 2 : 1
      pod += otherPod === 0 ? 1 : 0
      return sample({ seq, pod, state, rttMs: state === 'answered' || state === 'late' ? rtt : null })
    })
  })

describe('statistics compared with a slow implementation of their definitions', () => {
  it('jitter is the sum of all changes since the last break, each worth 15/16 of the one after it', () => {
    const other = (samples: readonly Sample[]) => {
      const judged = samples.filter(({ state }) => state !== 'waiting')
      const changes: number[] = []
      for (let i = judged.length - 1; i > 0; i--) {
        const [before, after] = [judged[i - 1], judged[i]]
        if (before?.rttMs == null || after?.rttMs == null) break
        if (before.pod !== after.pod || after.seq - before.seq !== 1) break
        changes.push(Math.abs(after.rttMs - before.rttMs))
      }
      return changes.reduce((sum, change, age) => sum + (change / 16) * (15 / 16) ** age, 0)
    }
    fc.assert(
      fc.property(minutes, (samples) => {
        expect(jitter(samples).valueMs).toBeCloseTo(other(samples), 6)
      }),
    )
  })

  it('a lived time is the ping’s own round trip, or the time until the next answered ping', () => {
    const other = (samples: readonly Sample[], nowMs: number) =>
      samples.flatMap((due, i) => {
        if (due.rttMs !== null) return [due.rttMs]
        if (due.state !== 'missed' && due.state !== 'down') return []
        const next = samples.slice(i + 1).find(({ rttMs }) => rttMs !== null)
        return [(next?.answeredMs ?? nowMs) - due.dueMs]
      })
    fc.assert(
      fc.property(minutes, (samples) => {
        expect(livedMs(samples, 60_000).toReversed()).toEqual(other(samples, 60_000))
      }),
    )
  })

  it('unanswered is 1 minus the share of judged pings that were answered in time', () => {
    fc.assert(
      fc.property(minutes, (samples) => {
        const judged = samples.filter(({ state }) => !['asleep', 'waiting'].includes(state))
        const inTime = judged.filter(({ state }) => state === 'answered').length
        const { unanswered, due, answered: answeredInTime } = statistics(samples, 60_000)
        expect([due, answeredInTime]).toEqual([judged.length, inTime])
        if (judged.length >= 20) expect(unanswered.value).toBeCloseTo(1 - inTime / judged.length, 12)
        else expect(unanswered.value).toBeUndefined()
      }),
    )
  })
})

describe(statistics, () => {
  it.each([
    ['now', 1],
    ['p50', 8],
    ['p95', 20],
    ['p99', 100],
    ['livedP99', 100],
    ['mean', 8],
    ['jitter', 16],
    ['unanswered', 20],
    ['error', 20],
  ] as const)('%s is blank before %i samples and says how many it has', (name, needs) => {
    const few = statistics(answered(...Array<number>(needs - 1).fill(40)), 0)
    expect(few[name]).toEqual({ value: undefined, has: needs - 1, needs })
    const enough = statistics(answered(...Array<number>(needs).fill(40)), 0)
    expect(enough[name].value).toBeDefined()
  })

  it('counts a pong after its deadline as unanswered in time, but shows its round trip', () => {
    const samples = [
      ...answered(...Array<number>(19).fill(40)),
      sample({ seq: 19, rttMs: 1_500, state: 'late' }),
    ]
    const result = statistics(samples, 0)
    expect(result.unanswered.value).toBe(1 / 20)
    expect(result.maxMs).toBe(1_500)
  })

  it('leaves out slots of a sleeping browser, and pings on their way', () => {
    const asleep = Array.from({ length: 40 }, (_, i) =>
      sample({ seq: 20 + i, state: 'asleep', latenessMs: null }),
    )
    const waiting = sample({ seq: 60, state: 'waiting' })
    const result = statistics([...answered(...Array<number>(20).fill(40)), ...asleep, waiting], 0)
    expect(result.unanswered.value).toBe(0)
    expect(result.due).toBe(20)
  })
})
