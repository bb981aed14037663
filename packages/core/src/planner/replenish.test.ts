import { describe, expect, it } from 'vitest'
import { LIMITS } from '../limits.ts'
import { claimed, empty, NOW, pool, warm } from './_world.ts'
import { planSlots } from './plan-slots.ts'
import { nextReplenishMs, replenishDelay } from './replenish.ts'

const { replenishDelayMs, replenishDelayMaxMs } = LIMITS
/** A slot that a claim left empty `agoMs` ago. */
const left = (slot: number, agoMs: number) => empty(slot, { claimedAtMs: NOW - agoMs })

describe('the replenish delay', () => {
  it('leaves a claimed slot empty until the delay after its claim is over', () => {
    const slot = left(0, replenishDelayMs - 1)
    expect(replenishDelay(slot, [slot], NOW, LIMITS)).toBe(1)
    expect(replenishDelay(slot, [slot], NOW + 1, LIMITS)).toBe(0)
  })

  it('is longer while further claims follow, also those that refill has not freed', () => {
    const slot = left(0, replenishDelayMs)
    expect(replenishDelay(slot, [slot, left(1, 10)], NOW, LIMITS)).toBe(replenishDelayMs - 10)
    expect(replenishDelay(slot, [slot, claimed(1, { claimedAtMs: NOW - 10 })], NOW, LIMITS)).toBe(
      replenishDelayMs - 10,
    )
  })

  it('ends at its bound while claims still follow', () => {
    const burst = claimed(1, { claimedAtMs: NOW })
    const almost = left(0, replenishDelayMaxMs - 1)
    expect(replenishDelay(almost, [almost, burst], NOW, LIMITS)).toBe(1)
    const over = left(0, replenishDelayMaxMs)
    expect(replenishDelay(over, [over, burst], NOW, LIMITS)).toBe(0)
  })

  it('is none for a slot that refill has emptied itself', () => {
    expect(replenishDelay(empty(0), [empty(0), claimed(1, { claimedAtMs: NOW })], NOW, LIMITS)).toBe(0)
  })

  it.each([1, 60_000, 7_200_000])('is none when the claim lies %d ms ahead, by a wrong clock', (aheadMs) => {
    const slot = left(0, -aheadMs)
    expect(replenishDelay(slot, [slot, warm(1)], NOW, LIMITS)).toBe(0)
    const now = left(1, replenishDelayMs)
    expect(replenishDelay(now, [now, slot], NOW, LIMITS)).toBe(0)
  })

  it('is in whole milliseconds, so that a caller’s clock passes its end', () => {
    const slot = left(0, 10.6)
    expect(replenishDelay(slot, [slot], NOW, LIMITS)).toBe(replenishDelayMs - 10)
  })

  it('lets the planner reserve each slot when its own wait is over', () => {
    const planned = (slots: Parameters<typeof pool>[0]) =>
      planSlots(pool(slots), NOW, { limits: LIMITS, spec: 'spec-1' })
    expect(planned({ slots: [left(0, 10)] })).toEqual([])
    const [due, waits] = [left(0, replenishDelayMaxMs), left(1, 10)]
    expect(planned({ slots: [due, waits] })).toEqual([{ do: 'reserve', slot: due }])
  })
})

describe(nextReplenishMs, () => {
  it('is the first wait that ends, and Infinity when no slot waits', () => {
    expect(nextReplenishMs([left(0, 900), left(1, 100), warm(2)], NOW, LIMITS)).toBe(100)
    expect(nextReplenishMs([empty(0), warm(1)], NOW, LIMITS)).toBe(Number.POSITIVE_INFINITY)
  })
})
