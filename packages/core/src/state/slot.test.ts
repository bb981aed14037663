import { describe, expect, it } from 'vitest'
import { LIMITS } from '../limits.ts'
import { claimed, empty, job, NOW, pod, starting, warm } from '../planner/_world.ts'
import type { JobView, PodView } from './cluster-view.ts'
import { claimable, isConfirmed, isServed } from './slot.ts'

describe(claimable, () => {
  it('returns the warm slots that refill has confirmed within the limit', () => {
    const fresh = warm(0, { checkedAtMs: NOW - LIMITS.warmStaleMs })
    const stale = warm(1, { checkedAtMs: NOW - LIMITS.warmStaleMs - 1 })
    expect(claimable([fresh, stale, empty(2), starting(3), claimed(4)], NOW, LIMITS)).toEqual([fresh])
  })
})

describe(isConfirmed, () => {
  it('holds for the limit after the last confirmation, and not while the rows are in doubt', () => {
    const slot = warm(0, { checkedAtMs: NOW - LIMITS.confirmedMs })
    expect(isConfirmed(slot, NOW, false, LIMITS)).toBe(true)
    expect(isConfirmed(slot, NOW + 1, false, LIMITS)).toBe(false)
    expect(isConfirmed(slot, NOW, true, LIMITS)).toBe(false)
  })
})

describe(isServed, () => {
  it.each<[string, Partial<PodView>, Partial<JobView>, boolean]>([
    ['a Ready pod of an active Job', {}, {}, true],
    ['a pod that is not Ready', { ready: false }, {}, false],
    ['a pod that is being deleted', { deleting: true }, {}, false],
    ['a pod that has ended', { phase: 'Failed' }, {}, false],
    ['a Job that is being deleted', {}, { state: 'deleting' }, false],
  ])('judges %s', (_what, podMore, jobMore, served) => {
    const slot = warm(0)
    const view = { jobs: [job(slot.job, jobMore)], pods: [pod(slot.job, podMore)] }
    expect(isServed(slot, view)).toBe(served)
  })

  it('is false for a Job without the pod, and for a pod without its Job', () => {
    const slot = warm(0)
    expect(isServed(slot, { jobs: [job(slot.job)], pods: [pod(slot.job, {}, 1)] })).toBe(false)
    expect(isServed(slot, { jobs: [], pods: [pod(slot.job)] })).toBe(false)
  })
})
