import { describe, expect, it, vi } from 'vitest'
import { after, apiError, claimed, dead, kill, LIVE, pong } from '../visit/_util.ts'
import { reduce } from '../visit/state/reducer.ts'
import type { VisitEvent } from '../visit/state/visit-event.ts'
import { START, type Visit } from '../visit/state/visit-state.ts'
import { counting } from './count.ts'
import { isAskedNotTo, isSwitchedOff, switchCounting } from './permission.ts'

/** Returns the counted events of a visit. */
function counted(...events: VisitEvent[]): unknown[][] {
  const capture = vi.fn()
  const observe = counting(capture)
  events.reduce((before: Visit, event) => {
    const next = reduce(before, event)
    if (next !== before) observe(before, next, event)
    return next
  }, START)
  return capture.mock.calls
}

describe(counting, () => {
  it('counts a claim, a kill and the recovery, each once', () => {
    expect(
      counted(
        ...LIVE,
        kill(9_000, 'crash'),
        dead(9_020, 1006),
        claimed(2, 9_060),
        { type: 'opened', atMs: 9_070 },
        pong(9_090),
      ),
    ).toEqual([
      ['pod_claimed', { warm: true, claim_ms: 100 }],
      ['pod_terminated', { how: 'crash' }],
      ['recovered', { how: 'crash', told_ms: 20, claimed_ms: 40, connected_ms: 10, pong_ms: 20 }],
    ])
  })

  it('counts refusals by their code, and sends no message text', () => {
    const asked: VisitEvent = { type: 'ask', atMs: 0 }
    expect(counted(asked, apiError('capacity'))).toEqual([['pool_exhausted', {}]])
    expect(counted(asked, apiError('too_many_claims'))).toEqual([['limited', {}]])
    expect(counted(asked, apiError('asleep'))).toEqual([['failed', { code: 'asleep' }]])
  })

  it('counts no other event', () => {
    expect(counted(...LIVE, { type: 'pause', by: 'hand' }, { type: 'lease-low' }).length).toBe(1)
    expect(after(...LIVE).phase.status).toBe('live')
  })
})

describe('permission', () => {
  const store = (text: string | null) => () => ({
    getItem: () => text,
    setItem: () => {},
    removeItem: () => {},
  })
  const blocked = () => {
    throw new Error('blocked')
  }

  it.each([
    [{ doNotTrack: '1' }, true],
    [{ doNotTrack: 'yes' }, true],
    [{ doNotTrack: null, globalPrivacyControl: true }, true],
    [{ doNotTrack: '0', globalPrivacyControl: false }, false],
    [{}, false],
  ])('returns for %o whether the browser asks not to be tracked: %s', (asked, expected) => {
    expect(isAskedNotTo(asked)).toBe(expected)
  })

  it('is withdrawn by the switch, and is missing without readable storage', () => {
    expect(isSwitchedOff(store(null))).toBe(false)
    expect(isSwitchedOff(store('off'))).toBe(true)
    expect(isSwitchedOff(blocked)).toBe(true)
    expect(() => switchCounting(false, blocked)).not.toThrow()
  })
})
