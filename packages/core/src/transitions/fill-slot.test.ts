import { describe, expect, it } from 'vitest'
import { claimed, empty, NOW, pod, starting, warm } from '../planner/_world.ts'
import { claimSlot } from './claim-slot.ts'
import { confirmWarm, emptySlot, markWarm, noteProgress, reserveSlot } from './fill-slot.ts'

const JOB = { job: 'warm-0-7-bcdfg', key: 'k', spec: 's' }

describe('a slot', () => {
  it('is reserved under the generation it has', () => {
    expect(reserveSlot(empty(0, { gen: 7 }), JOB, NOW)).toEqual({
      slot: 0,
      gen: 7,
      state: 'STARTING',
      sinceMs: NOW,
      ...JOB,
    })
  })

  it('shows the latest progress, and a problem only while there is one', () => {
    const progress = [{ step: 'created' as const, at: null }]
    const latest = { progress, routed: { at: null }, problem: 'ImagePullBackOff' }
    const stuck = noteProgress(starting(0), latest)
    expect(stuck).toMatchObject({ ...latest, sinceMs: starting(0).sinceMs })
    expect(noteProgress(stuck, { progress: [] })).toEqual({ ...starting(0), progress: [] })
  })

  it('becomes warm without the traces of its start', () => {
    const slot = starting(0, { progress: [], routed: { at: null }, problem: 'Unschedulable' })
    const { pod: next } = pod(slot.job)
    const { progress: _progress, problem: _problem, routed: _routed, ...rest } = slot
    const marked = { ...rest, state: 'WARM', sinceMs: NOW, checkedAtMs: NOW, pod: next }
    expect(markWarm(slot, next, undefined, NOW)).toEqual(marked)
    expect(markWarm(slot, next, 1_200, NOW)).toEqual({ ...marked, startMs: 1_200 })
    expect(markWarm(slot, next, 1_200, NOW, { routedMs: 9, reachedAtMs: 7 })).toEqual({
      ...marked,
      startMs: 1_200,
      routedMs: 9,
      reachedAtMs: 7,
    })
    expect(markWarm(slot, next, undefined, NOW, { routedMs: 9 })).toEqual(marked)
  })

  it('is confirmed without getting younger', () => {
    expect(confirmWarm(warm(0), NOW)).toEqual(warm(0, { checkedAtMs: NOW }))
    const reached = warm(0, { reachedAtMs: NOW - 1 })
    expect(confirmWarm(reached, NOW)).toEqual({ ...reached, checkedAtMs: NOW })
    expect(confirmWarm(reached, NOW, NOW)).toEqual(warm(0, { checkedAtMs: NOW, reachedAtMs: NOW }))
  })

  it('is claimed with its Job and pod', () => {
    const { checkedAtMs: _checkedAtMs, ...slot } = warm(0, { startMs: 1_200 })
    const claimant = { sessionId: 'ada', epoch: 2, visitor: 'v' }
    expect(claimSlot(warm(0, { startMs: 1_200, reachedAtMs: 7 }), claimant, NOW)).toEqual({
      ...slot,
      ...claimant,
      state: 'CLAIMED',
      claimedAtMs: NOW,
      sinceMs: NOW,
    })
  })

  it('is emptied under the next generation', () => {
    expect(emptySlot(warm(3, { gen: 7 }), NOW)).toEqual({ slot: 3, gen: 8, state: 'EMPTY', sinceMs: NOW })
  })

  it('keeps the time of its claim when it is emptied, for the replenish delay', () => {
    const slot = claimed(3, { claimedAtMs: NOW - 50 })
    expect(emptySlot(slot, NOW)).toEqual({
      slot: 3,
      gen: 2,
      state: 'EMPTY',
      sinceMs: NOW,
      claimedAtMs: NOW - 50,
    })
  })
})
