import * as v from 'valibot'
import { describe, expect, it } from 'vitest'
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
  it('fits its contract and tells nothing that is not in it', () => {
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

  it('tells progress, why it ended and what has healed, and that it ended though its pod was killed', () => {
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

  it('hands out the socket with the pod to a live session, and to no other', () => {
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

  it('calls a killed session recovering, until it has another pod', () => {
    expect(sessionView(session({ kill: killed() }), {}).state).toBe('recovering')
    expect(sessionView(session({ kill: killed(), epoch: 2 }), {}).state).toBe('live')
  })

  it('tells times in ISO 8601 UTC', () => {
    expect(sessionView(session({ leaseEndsAtMs: NOW, endsAtMs: NOW + 1 }), {})).toMatchObject({
      leaseEndsAt: '2026-09-21T14:13:20.000Z',
      endsAt: '2026-09-21T14:13:20.001Z',
    })
    expect(toIsoTime(0)).toBe('1970-01-01T00:00:00.000Z')
  })
})

describe(slotView, () => {
  it('tells how far a start is, and how long the last one took, when that is known', () => {
    const progress = [{ step: 'created' as const, at: null }]
    expect(slotView(starting(0, { progress }))).toMatchObject({ progress })
    expect(slotView(warm(0, { startMs: 1_200 }))).toMatchObject({ startMs: 1_200 })
    expect(slotView(warm(0))).not.toHaveProperty('startMs')
    expect(slotView(empty(0))).toEqual({ slot: 0, gen: 1, since: toIsoTime(NOW - 1_000), state: 'empty' })
  })

  it('tells of a claimed slot nothing but that it is: not whose, not which pod, not where', () => {
    expect(slotView(claimed(2))).toEqual({
      slot: 2,
      gen: 1,
      state: 'claimed',
      since: toIsoTime(claimed(2).sinceMs),
    })
  })

  it('fits its contract in every state and never tells a key or a Job', () => {
    const slots = [
      empty(0),
      starting(1, { progress: [{ step: 'created', at: toIsoTime(NOW) }], problem: 'ImagePullBackOff' }),
      warm(2, { startMs: 1_400 }),
      claimed(3),
    ]
    for (const slot of slots) {
      const view = slotView(slot)
      expect(v.parse(PoolSlotSchema, view)).toEqual(view)
      expect(Object.keys(view)).not.toContain('key')
      expect(JSON.stringify(view)).not.toContain('key-')
    }
  })

  it('tells how a start goes, what is wrong with it, and how long it took', () => {
    expect(slotView(starting(1, { problem: 'ImagePullBackOff' }))).toMatchObject({
      state: 'starting',
      problem: 'ImagePullBackOff',
    })
    expect(slotView(warm(2, { startMs: 1_400 }))).toMatchObject({ alias: 'calm-wren', startMs: 1_400 })
  })
})
