import type { SessionRow } from '@warm-pods/core/state/session.ts'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { sessions, stored } from './_generators.ts'
import { sessionFromItem, sessionToItem } from './session-item.ts'

describe('a session’s item', () => {
  it('gives back the session it was written from', () => {
    fc.assert(
      fc.property(sessions, (session) => {
        expect(sessionFromItem(stored(sessionToItem(session)))).toEqual(session)
      }),
    )
  })

  it('is in the index of live sessions until the session is finalized, and has ISO 8601 times only', () => {
    fc.assert(
      fc.property(sessions, (session) => {
        const item = sessionToItem(session)
        expect(item.live).toBe(session.finalized ? undefined : 'yes')
        expect(Object.keys(item).filter((name) => name.endsWith('AtMs'))).toEqual([])
      }),
    )
  })

  it('that is damaged is an error that names the table and the field', () => {
    expect(() => sessionFromItem({ sessionId: 'ada' })).toThrow('A row of the Sessions table is damaged at')
    expect(() => sessionFromItem(undefined)).toThrow('damaged at its top')
  })
})

/** Items as the version before wrote them and reads them: a rolling deploy runs both versions at once. */
describe('a session’s item of the version before', () => {
  const at = '2026-01-01T00:00:00.000Z'
  const atMs = Date.parse(at)
  const pod = { name: 'p', uid: 'u', alias: 'a', ip: '10.0.0.1', node: 'n', zone: 'z', startedAt: at }
  const item = {
    sessionId: 'ada',
    item: 'session',
    version: 7,
    state: 'live',
    epoch: 3,
    source: 'rescued',
    job: 'warm-0-1-bcdfg',
    key: 'k',
    pod,
    createdAt: at,
    epochAt: at,
    seenAt: at,
    connectedEpoch: 2,
    leaseEndsAt: at,
    endsAt: at,
    kill: { epoch: 3, how: 'crash', at, podUid: 'u', done: false },
    lastKillAt: at,
    leftPodUid: 'left',
    oldJobs: [
      { job: 'warm-1-1-bcdfg', epoch: 1, kill: { epoch: 1, how: 'polite', at, done: false } },
      {
        job: 'warm-2-1-bcdfg',
        epoch: 2,
        pod: { name: 'q', uid: 'v' },
        kill: { epoch: 2, how: 'freeze', at, podUid: 'v', done: true, diedAt: at },
      },
    ],
    heals: [],
    receipt: { outcome: 'warm', stages: [], candidates: 1, tries: 1, conflicts: 0 },
    visitor: 'v',
    live: 'yes',
  }
  const row: SessionRow = {
    sessionId: 'ada',
    version: 7,
    state: 'live',
    epoch: 3,
    source: 'rescued',
    job: 'warm-0-1-bcdfg',
    key: 'k',
    pod,
    createdAtMs: atMs,
    epochAtMs: atMs,
    seenAtMs: atMs,
    connectedEpoch: 2,
    leaseEndsAtMs: atMs,
    endsAtMs: atMs,
    kill: { state: 'sent', epoch: 3, how: 'crash', atMs, podUid: 'u' },
    lastKillAtMs: atMs,
    previousPodUid: 'left',
    previousJobs: [
      {
        job: 'warm-1-1-bcdfg',
        epoch: 1,
        kill: { state: 'requested', epoch: 1, how: 'polite', atMs },
      },
      {
        job: 'warm-2-1-bcdfg',
        epoch: 2,
        pod: { name: 'q', uid: 'v' },
        kill: { state: 'done', epoch: 2, how: 'freeze', atMs, podUid: 'v', diedAtMs: atMs },
      },
    ],
    heals: [],
    receipt: { outcome: 'warm', stages: [], candidates: 1, tries: 1, conflicts: 0 },
    visitor: 'v',
    finalized: false,
  }

  it('is read by this version', () => {
    expect(sessionFromItem(item)).toEqual(row)
    expect(sessionFromItem({ ...item, live: undefined }).finalized).toBe(true)
  })

  it('is read without its key once the session has ended, and only then', () => {
    const { key: _key, ...keyless } = item
    expect(sessionFromItem({ ...keyless, state: 'ended' })).toEqual({ ...row, state: 'ended', key: '' })
    expect(() => sessionFromItem(keyless)).toThrow('damaged at key')
    expect(() => sessionFromItem({ ...item, key: '' })).toThrow('damaged at key')
  })

  it('keeps the attribute of the key when the session has ended, because the version before requires it', () => {
    expect(stored(sessionToItem({ ...row, state: 'ended', key: '' }))).toEqual({
      ...item,
      state: 'ended',
      key: '',
    })
  })

  it('is what this version writes', () => {
    expect(stored(sessionToItem(row))).toEqual(item)
  })

  it('is an error when a kill is done without a pod: no version writes that', () => {
    const kill = { epoch: 3, how: 'polite', at, done: true }
    expect(() => sessionFromItem({ ...item, kill })).toThrow('damaged at kill')
  })
})
