import { LIMITS } from '@warm-pods/core/limits.ts'
import { describe, expect, it, vi } from 'vitest'
import { nowMs } from '../lib/clock.ts'
import { after, claimed, dead, kill, LIVE, pong, seen } from './_util.ts'
import { keepKill } from './keep-kill.ts'
import { storedKill } from './pending-kill.ts'
import { reduce } from './state/reducer.ts'
import type { VisitEvent } from './state/visit-event.ts'
import type { Observer } from './visit.ts'

/** A storage with one value. */
function storage(value?: string) {
  const kept = new Map<string, string>()
  return () => ({
    getItem: (key: string) => kept.get(key) ?? value ?? null,
    setItem: (key: string, text: string) => void kept.set(key, text),
    removeItem: (key: string) => void kept.delete(key),
  })
}

/** A visit in these events' state, whose changes a test makes. */
function visitAt(...events: VisitEvent[]) {
  let visit = after(...events)
  const observers: Observer[] = []
  const dispatch = (event: VisitEvent) => {
    const before = visit
    visit = reduce(before, event)
    for (const observer of observers) observer(before, visit, event)
  }
  return {
    dispatch,
    snapshot: () => visit,
    observe: (observer: Observer) => {
      observers.push(observer)
      return () => {}
    },
  }
}

describe(storedKill, () => {
  it('returns the kept kill without its token, until its recovery is over', () => {
    const stored = storage()
    const visit = visitAt(...LIVE)
    keepKill(visit, stored)
    visit.dispatch(kill(nowMs()))
    const found = storedKill(stored)
    expect(found).toMatchObject({ how: 'polite', of: { epoch: 1, pod: { alias: 'pod-1' } } })
    expect(JSON.stringify(found)).not.toContain('token')
    for (const event of [dead(nowMs()), claimed(2, nowMs()), pong(nowMs())]) visit.dispatch(event)
    expect(storedKill(stored)).toBeUndefined()
  })

  it.each([
    '',
    'null',
    '[]',
    '{"atMs":1}',
    JSON.stringify({ atMs: nowMs() - LIMITS.leaseMs, of: { id: 'a', epoch: 1, pod: { alias: 'b' } } }),
    JSON.stringify({ atMs: nowMs() + 60_000, of: { id: 'a', epoch: 1, pod: { alias: 'b' } } }),
  ])('ignores damaged or old text: %s', (text) => {
    expect(storedKill(storage(text))).toBeUndefined()
  })

  it('takes a blocked storage for an empty one', () => {
    const blocked = () => {
      throw new DOMException('blocked', 'SecurityError')
    }
    expect(storedKill(blocked)).toBeUndefined()
    const visit = visitAt(...LIVE)
    keepKill(visit, blocked)
    visit.dispatch(kill(nowMs()))
  })
})

it('gives up an interrupted kill whose pod still answers after the grace', () => {
  vi.useFakeTimers()
  try {
    const dying = after(...LIVE, kill(6_000))
    const visit = visitAt(...LIVE, kill(6_000), { type: 'left' }, seen)
    keepKill(visit, storage())
    expect(visit.snapshot().interrupted).toEqual('outage' in dying.phase && dying.phase.outage)
    visit.dispatch(claimed(1, 7_000))
    visit.dispatch(pong(7_010))
    vi.advanceTimersByTime(LIMITS.lostGraceMs - 1)
    expect(visit.snapshot().interrupted).toBeDefined()
    vi.advanceTimersByTime(1)
    expect(visit.snapshot()).toMatchObject({ phase: { status: 'live' }, interrupted: undefined })
  } finally {
    vi.useRealTimers()
  }
})
