import { describe, expect, it } from 'vitest'
import { LIMITS } from '../limits.ts'
import { claimed, empty, NOW, starting, warm } from '../planner/_world.ts'
import { claimable } from './slot.ts'

describe(claimable, () => {
  it('returns the warm slots that refill has confirmed within the limit', () => {
    const fresh = warm(0, { checkedAtMs: NOW - LIMITS.warmStaleMs })
    const stale = warm(1, { checkedAtMs: NOW - LIMITS.warmStaleMs - 1 })
    expect(claimable([fresh, stale, empty(2), starting(3), claimed(4)], NOW, LIMITS)).toEqual([fresh])
  })
})
