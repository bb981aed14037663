import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { warmShare } from '../forecast.ts'
import { LIMITS, limitsWith } from '../limits.ts'
import { currentTarget, type Sizing } from '../state/sizing.ts'
import { claimed, empty, job, jobOf, NOW, starting, warm } from './_world.ts'
import { type Demand, explainSize, otherJobs, sizePool } from './size-pool.ts'

const SIZED = limitsWith({ targetMax: 40, cap: 100 })

/** Visitors of each minute, in every window. */
function demand(perMinute: number, startMs: number | null = 40_000): Demand {
  return { windows: [10, 60].map((minutes) => ({ minutes, arrivals: perMinute * minutes })), startMs }
}

function sized(target: number, more: Partial<Sizing> = {}): Sizing {
  return { target, reason: 'arrivals', neededAtMs: NOW, arrivalsPerMinute: 0, ...more }
}

describe('a pool of a fixed size', () => {
  it('keeps its target under any demand', () => {
    expect(sizePool(demand(1_000), undefined, 0, NOW, LIMITS).target).toBe(LIMITS.target)
    expect(currentTarget(sized(12), LIMITS)).toBe(LIMITS.target)
  })

  it('may be larger than the default of the largest target', () => {
    expect(sizePool(demand(1), undefined, 0, NOW, limitsWith({ target: 10 })).target).toBe(10)
  })
})

describe('the size of a pool', () => {
  it('is the least by which the expected warm share reaches the goal, and rises at once', () => {
    const limits = limitsWith({ targetMax: 40, cap: 100, warmShareGoal: 95 })
    const { reason, target } = sizePool(demand(3), sized(4), 0, NOW, limits)
    const serviceMs = 40_000 + LIMITS.replenishDelayMs
    expect(warmShare(target, 3, serviceMs)).toBeGreaterThanOrEqual(0.95)
    expect(warmShare(target - 1, 3, serviceMs)).toBeLessThan(0.95)
    expect([target, reason]).toEqual([5, 'arrivals'])
  })

  it('follows the busiest window', () => {
    const rush = {
      windows: [
        { minutes: 5, arrivals: 50 },
        { minutes: 60, arrivals: 50 },
      ],
      startMs: 40_000,
    }
    expect(sizePool(rush, undefined, 0, NOW, SIZED)).toEqual(sizePool(demand(10), undefined, 0, NOW, SIZED))
  })

  it('takes a few visitors within seconds for no rush', () => {
    const first = { windows: [{ minutes: 0.01, arrivals: 2 }], startMs: 2_000 }
    expect(sizePool(first, undefined, 0, NOW, SIZED)).toMatchObject({ target: 4, arrivalsPerMinute: 1 })
  })

  it('is the floor without arrivals, and before the first timed start', () => {
    expect(sizePool(demand(0), undefined, 0, NOW, SIZED)).toMatchObject({ target: 4, reason: 'floor' })
    expect(sizePool(demand(100, null), undefined, 0, NOW, SIZED).target).toBe(4)
    expect(sizePool({ windows: [], startMs: null }, undefined, 0, NOW, SIZED).target).toBe(4)
  })

  it('falls by a twentieth, at least by one, when it was not needed for long enough', () => {
    const fall = (target: number, agoMs: number) =>
      sizePool(demand(0), sized(target, { neededAtMs: NOW - agoMs }), 0, NOW, SIZED)
    expect(fall(40, SIZED.targetFallMs - 1)).toMatchObject({
      target: 40,
      neededAtMs: NOW - SIZED.targetFallMs + 1,
    })
    expect(fall(40, SIZED.targetFallMs)).toMatchObject({ target: 38, reason: 'falling', neededAtMs: NOW })
    expect(fall(6, SIZED.targetFallMs).target).toBe(5)
    expect(fall(4, SIZED.targetFallMs).target).toBe(4)
  })

  it('does not fall while the forecast asks for it now and then', () => {
    const needed = sizePool(demand(3), undefined, 0, NOW, SIZED)
    const again = sizePool(demand(3), needed, 0, NOW + SIZED.targetFallMs, SIZED)
    expect(again).toEqual({ ...needed, neededAtMs: NOW + SIZED.targetFallMs })
    const quiet = sizePool(demand(0), again, 0, NOW + 2 * SIZED.targetFallMs - 1, SIZED)
    expect(quiet).toMatchObject({ target: needed.target, neededAtMs: NOW + SIZED.targetFallMs })
  })

  it('falls although a wrong clock has recorded the last need far ahead', () => {
    const ahead = sized(40, { neededAtMs: NOW + 3_600_000 })
    expect(sizePool(demand(0), ahead, 0, NOW, SIZED).target).toBe(38)
  })

  it('is at most the largest target, and states it', () => {
    expect(sizePool(demand(1_000), undefined, 0, NOW, SIZED)).toMatchObject({ target: 40, reason: 'limit' })
  })

  it('leaves visitors the places of the quota that they hold, down to the floor', () => {
    expect(sizePool(demand(30), sized(30), 90, NOW, SIZED)).toMatchObject({ target: 10, reason: 'quota' })
    expect(sizePool(demand(30), sized(30), 99, NOW, SIZED)).toMatchObject({ target: 4, reason: 'quota' })
  })

  it('lies between the floor and the largest target, and fits the quota whenever it is above the floor', () => {
    const whole = fc.nat({ max: 200 })
    fc.assert(
      fc.property(whole, whole, whole, fc.option(whole), (perMinute, others, before, startS) => {
        const startMs = startS === null ? null : startS * 1_000
        const { target } = sizePool(demand(perMinute, startMs), sized(before), others, NOW, SIZED)
        expect(target).toBeGreaterThanOrEqual(SIZED.target)
        expect(target).toBeLessThanOrEqual(SIZED.targetMax)
        if (target > SIZED.target) expect(target + others).toBeLessThanOrEqual(SIZED.cap)
      }),
    )
  })
})

describe(otherJobs, () => {
  it('counts every Job except those of starting and warm slots', () => {
    const slots = [warm(0), starting(1), claimed(2), empty(3)]
    const jobs = [0, 1, 2].map((slot) => job(jobOf(slot))).concat(job('cold-ada-1-bcdfg'))
    expect(otherJobs({ slots, jobs })).toBe(2)
  })
})

describe(explainSize, () => {
  it.each([
    ['floor', '4 slots, the fewest of this pool.'],
    ['arrivals', '4 slots, because 3 visitors a minute and 40 s starts would leave 3 short.'],
    ['falling', '4 slots, and fewer soon, because 3 visitors a minute need less.'],
    ['limit', '4 slots, the most of this pool; 3 visitors a minute and 40 s starts need more.'],
    ['quota', '4 slots, because the quota has no room for more Jobs.'],
  ] as const)('explains the reason %s', (reason, text) => {
    const sizing = sized(4, { reason, arrivalsPerMinute: 3, startMs: 40_000 })
    expect(explainSize(sizing, SIZED)).toBe(text)
  })
})
