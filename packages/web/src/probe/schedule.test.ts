import { describe, expect, it } from 'vitest'
import { slotsDue } from './schedule.ts'

describe(slotsDue, () => {
  it('has nothing to do before the slot', () => {
    expect(slotsDue(1_000, 999, 250)).toEqual({
      slept: [],
      current: undefined,
      nextDueMs: 1_000,
      latenessMs: undefined,
    })
  })

  it('sends the due slot and keeps to the grid after a late wake-up', () => {
    expect(slotsDue(1_000, 1_017, 250)).toEqual({
      slept: [],
      current: 1_000,
      nextDueMs: 1_250,
      latenessMs: 17,
    })
  })

  it('sends only the latest slot after a stall, and marks earlier slots as slept through', () => {
    expect(slotsDue(1_000, 1_800, 250)).toEqual({
      slept: [1_000, 1_250, 1_500],
      current: 1_750,
      nextDueMs: 2_000,
      latenessMs: 800,
    })
  })

  it('lists at most one window of slots after a long sleep', () => {
    const due = slotsDue(0, 8 * 3_600_000, 250)
    expect(due.slept).toHaveLength(300)
    expect(due.slept.at(-1)).toBe(8 * 3_600_000 - 250)
    expect(due.current).toBe(8 * 3_600_000)
  })
})
