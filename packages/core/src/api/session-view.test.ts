import * as v from 'valibot'
import { describe, expect, it } from 'vitest'
import { LIMITS } from '../limits.ts'
import {
  claimed,
  empty,
  jobOf,
  killed,
  NOW,
  pod,
  session,
  starting,
  waiting,
  warm,
} from '../planner/_world.ts'
import type { SessionRow } from '../state/session.ts'
import { toIsoTime } from '../time.ts'
import { PoolSlotSchema, SessionSchema } from './contracts.ts'
import { sessionView, slotView } from './session-view.ts'

const socket = { url: '/pod/10.0.0.1', protocols: ['warm-pods.v1', 'token.x'] }

describe(sessionView, () => {
  it('matches its schema exactly and contains no secret', () => {
    const rows = [
      session(),
      session({ kill: killed() }),
      session({ state: 'ended', endReason: 'lease', finalized: true, endedAtMs: NOW }),
      waiting('starting', 0),
      waiting('recovering', 0, { heals: [{ epoch: 1, how: 'crash', healMs: 11_700 }] }),
    ]
    for (const row of rows) {
      const view = sessionView(row, { socket, progress: [{ step: 'created', at: null }] })
      expect(v.parse(SessionSchema, view)).toEqual(view)
      const told = JSON.stringify(view)
      for (const secret of [row.key, row.visitor]) expect(told).not.toContain(`"${secret}"`)
    }
  })

  it('includes progress, end reason and heals, and is ended even if its pod was killed', () => {
    const progress = [{ step: 'created', at: null }] as const
    const heals: SessionRow['heals'] = [{ epoch: 1, how: 'crash', healMs: 11_700 }]
    expect(sessionView(waiting('recovering', 0, { heals }), { progress: [...progress] })).toMatchObject({
      progress,
      heals,
    })
    const ended = session({ state: 'ended', endReason: 'lease', kill: killed() })
    expect(sessionView(ended, {})).toMatchObject({ state: 'ended', endReason: 'lease' })
    expect(sessionView(session(), {})).not.toHaveProperty('endReason')
  })

  it('includes socket and pod only for a live session', () => {
    expect(sessionView(session(), { socket })).toMatchObject({
      state: 'live',
      socket,
      pod: pod(jobOf(0)).pod,
    })
    const without = [
      session({ kill: killed() }),
      session({ state: 'ended' }),
      waiting('starting', 0),
      waiting('recovering', 0),
    ]
    for (const row of without) {
      const view = sessionView(row, { socket })
      expect([view.socket, view.pod]).toEqual([undefined, undefined])
    }
  })

  it('is recovering after a kill, until it has another pod', () => {
    expect(sessionView(session({ kill: killed() }), {}).state).toBe('recovering')
    expect(sessionView(session({ kill: killed(), epoch: 2 }), {}).state).toBe('live')
  })

  it('formats times in ISO 8601 UTC', () => {
    const row = session({ leaseEndsAtMs: NOW + 4_000 })
    expect(sessionView(row, { nowMs: NOW }).leaseLeftMs).toBe(4_000)
    expect(sessionView(row, { nowMs: NOW + 5_000 }).leaseLeftMs).toBe(0)
    expect(sessionView(session({ leaseEndsAtMs: NOW, endsAtMs: NOW + 1 }), {})).toMatchObject({
      leaseEndsAt: '2026-09-21T14:13:20.000Z',
      endsAt: '2026-09-21T14:13:20.001Z',
    })
    expect(toIsoTime(0)).toBe('1970-01-01T00:00:00.000Z')
  })
})

/** A view in which every warm slot is confirmed. */
const VIEWED = { nowMs: NOW, limits: LIMITS, isInDoubt: false }

describe(slotView, () => {
  it('includes the progress of a start, and the duration of the last start if it is known', () => {
    const progress = [{ step: 'created' as const, at: null }]
    expect(slotView(starting(0, { progress }), VIEWED)).toMatchObject({ progress })
    expect(slotView(warm(0, { startMs: 1_200 }), VIEWED)).toMatchObject({ startMs: 1_200 })
    expect(slotView(warm(0), VIEWED)).not.toHaveProperty('startMs')
    expect(slotView(warm(0, { startMs: 1_200, routedMs: 9 }), VIEWED)).toMatchObject({ routedMs: 9 })
    expect(slotView(empty(0), VIEWED)).toEqual({
      slot: 0,
      gen: 1,
      since: toIsoTime(NOW - 1_000),
      state: 'empty',
    })
  })

  it('shows a warm slot as unconfirmed when its last confirmation is too old or in doubt, with the age', () => {
    const seen = warm(0, { checkedAtMs: NOW - LIMITS.confirmedMs })
    const confirmedAt = toIsoTime(NOW - LIMITS.confirmedMs)
    const age = { confirmedAt, confirmedAgoMs: LIMITS.confirmedMs }
    expect(slotView(seen, VIEWED)).toMatchObject({ state: 'warm', ...age })
    expect(slotView(seen, { ...VIEWED, isInDoubt: true })).toMatchObject({ state: 'unconfirmed', ...age })
    const later = { ...VIEWED, nowMs: NOW + 1 }
    expect(slotView(seen, later)).toMatchObject({ state: 'unconfirmed', confirmedAt })
    expect(slotView(seen, { ...VIEWED, nowMs: 0 })).toMatchObject({ confirmedAgoMs: 0 })
  })

  it('shows of a claimed slot neither its session nor its pod', () => {
    expect(slotView(claimed(2), VIEWED)).toEqual({
      slot: 2,
      gen: 1,
      state: 'claimed',
      since: toIsoTime(claimed(2).sinceMs),
    })
  })

  it('matches its schema in every state and contains neither key nor Job', () => {
    const slots = [
      empty(0),
      starting(1, { progress: [{ step: 'created', at: toIsoTime(NOW) }], problem: 'ImagePullBackOff' }),
      warm(2, { startMs: 1_400 }),
      claimed(3),
    ]
    for (const slot of slots) {
      const view = slotView(slot, VIEWED)
      expect(v.parse(PoolSlotSchema, view)).toEqual(view)
      expect(Object.keys(view)).not.toContain('key')
      expect(JSON.stringify(view)).not.toContain('key-')
    }
  })

  it('includes the problem of a start, and its duration once the pod is warm', () => {
    expect(slotView(starting(1, { problem: 'ImagePullBackOff' }), VIEWED)).toMatchObject({
      state: 'starting',
      problem: 'ImagePullBackOff',
    })
    expect(slotView(warm(2, { startMs: 1_400 }), VIEWED)).toMatchObject({
      alias: 'calm-wren',
      startMs: 1_400,
    })
  })
})
