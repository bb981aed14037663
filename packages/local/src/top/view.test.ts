import type { RefillRow } from '@warm-pods/core/state/refill-row.ts'
import { describe, expect, it } from 'vitest'
import { claimed, empty, session, starting, warm } from '../../../core/src/planner/_world.ts'
import { age, auditLines, fit, viewLines, wrap } from './render.ts'
import { focusAfter, keysOf, rowsPerTable } from './screen.ts'
import { readAudit, readView, type Source } from './view.ts'

const REFILL: RefillRow = {
  doubts: 0,
  doubtsCleared: 0,
  gaps: [],
  failures: 0,
  pausedUntilMs: 0,
  live: 0,
  pendingTriggers: 0,
}
const ADA = 'ada0'.repeat(8)
const POD = {
  metadata: { name: 'warm-0-1-bcdfg-x', creationTimestamp: '2026-09-21T14:12:20Z' },
  spec: { nodeName: 'node-1' },
  status: {
    phase: 'Running',
    conditions: [{ type: 'Ready', status: 'True' }],
    containerStatuses: [{ restartCount: 2 }],
  },
}
const EVENT = {
  metadata: { creationTimestamp: '2026-09-21T14:12:20Z' },
  lastTimestamp: null,
  type: 'Warning',
  reason: 'BackOff',
  message: 'Back-off\npulling image',
  involvedObject: { kind: 'Pod', name: 'warm-0-1-bcdfg-x' },
}

function source(more: Partial<Source> = {}): Source {
  return {
    name: 'npm start',
    slots: {
      read: async () => ({
        slots: [warm(1), empty(0), empty(9, { former: true })],
        refill: REFILL,
        isWhole: true,
      }),
    },
    sessions: {
      unfinalizedIds: async () => [ADA],
      getMany: async () => [session({ sessionId: ADA })],
      events: async () => [{ at: '2026-09-21T14:12:20.000Z', kind: 'claimed', facts: { epoch: 1 } }],
    },
    kubernetes: async (path) => ({ status: 200, body: { items: [path.endsWith('pods') ? POD : EVENT] } }),
    namespace: 'warm-pods',
    everyMs: 1,
    close() {},
    ...more,
  }
}
const linesOf = async (of: Source) => viewLines(of.name, await readView(of))

describe('a view', () => {
  it('has slots, sessions, pods and events, each with its age', async () => {
    const lines = (await linesOf(source())).join('\n')
    expect(lines).toMatch(/^Warm Pods, npm start: 1 of 2 slots warm, 1 session\nRefill: it has never run\n/)
    expect(lines).toMatch(/^0 +1 +EMPTY/m)
    expect(lines).toMatch(/^ {2}ada0ada0 +live .* 1 +warm +calm-wren .* - {2,}warm-0-1-bcdfg$/m)
    expect(lines).toMatch(/^warm-0-1-bcdfg-x +Running +yes +2 .* node-1$/m)
    expect(lines).toMatch(/^Warning .* BackOff +Pod warm-0-1-bcdfg-x +Back-off pulling image$/m)
  })

  it('shows the problems of slots, and states why refill waits', () => {
    const nowMs = 1_790_000_000_000
    const refill: RefillRow = {
      ...REFILL,
      lastRunAtMs: nowMs - 65_000,
      confirmedAtMs: nowMs - 125_000,
      failures: 2,
      doubts: 1,
      pausedUntilMs: nowMs + 4_000,
      problem: 'exceeded quota',
    }
    const slots = [starting(0, { problem: 'ImagePullBackOff' }), claimed(1, { sessionId: ADA })]
    const lines = viewLines('x', { nowMs, slots, refill, sessions: [], cluster: { problem: 'no route' } })
    expect(lines).toContain(
      'Refill: last run 1 min 5 s ago, pool confirmed 2 min 5 s ago, 2 failures in a row, rows in doubt, paused for 4 s',
    )
    expect(lines).toContain('Problem: exceeded quota')
    expect(lines.find((line) => line.startsWith('0'))).toContain('ImagePullBackOff')
    expect(lines.find((line) => line.startsWith('1'))).toContain('for session ada0ada0')
    expect(lines).toContain('No session.')
    expect(lines).toContain('Pods and events are not shown: no route.')
  })

  it('counts hundreds of slots and pods by state, and lists only those that need a look', () => {
    const nowMs = 1_790_000_000_000
    const slots = [
      ...Array.from({ length: 388 }, (_, slot) => warm(slot, { sinceMs: nowMs - 60_000 - slot })),
      ...Array.from({ length: 11 }, (_, n) => starting(388 + n, { sinceMs: nowMs - 2_000 })),
      starting(399, { sinceMs: nowMs - 1_000, problem: 'ImagePullBackOff' }),
    ]
    const pods = slots.map(({ slot, state }) => ({
      name: `pod-${slot}`,
      status: state === 'WARM' ? 'Running' : 'Pending',
      isReady: state === 'WARM',
      restarts: 0,
      createdAtMs: nowMs - 3_000,
      node: 'node-1',
    }))
    const sizing = {
      target: 400,
      reason: 'arrivals',
      neededAtMs: nowMs,
      arrivalsPerMinute: 300,
      startMs: 40_000,
    } as const
    const refill = { ...REFILL, sizing }
    const lines = viewLines('x', { nowMs, slots, refill, sessions: [], cluster: { pods, events: [] } })
    expect(lines.length).toBeLessThan(45)
    expect(lines).toContain(
      'Size: 400 slots, because 300 visitors a minute and 40 s starts would leave 399 short.',
    )
    expect(lines).toContain('WARM      388    1 min     1 min')
    expect(lines).toContain('STARTING  12     1 s       2 s')
    expect(lines[lines.findIndex((line) => line.startsWith('SLOT')) + 1]).toMatch(/^399 .*ImagePullBackOff$/)
    expect(lines).toContain('Running, ready  388   3 s       3 s')
    expect(lines.filter((line) => line === '… and 4 more')).toHaveLength(2)
  })

  it('names the answer of Kubernetes where pods cannot be read, and shows the rows all the same', async () => {
    const body = { message: 'pods is forbidden' }
    const refused = await linesOf(source({ kubernetes: async () => ({ status: 403, body }) }))
    expect(refused.at(-1)).toBe('Pods and events are not shown: Kubernetes answered 403: pods is forbidden.')
    const missing = await linesOf(source({ kubernetes: 'the stage is asleep.' }))
    expect(missing.at(-1)).toBe('Pods and events are not shown: the stage is asleep.')
  })
})

describe('the audit of a session', () => {
  it('is found by the first characters of the id, unless another session begins so', async () => {
    const audit = await readAudit(source(), 'ada0')
    expect(audit?.sessionId).toBe(ADA)
    expect(auditLines(ADA, audit?.events ?? [], undefined, 0)).toEqual([
      `Session ${ADA}: it has ended`,
      '',
      'TIME                      EVENT    FACTS',
      '2026-09-21T14:12:20.000Z  claimed  epoch=1',
    ])
    expect(await readAudit(source(), 'beef')).toBeUndefined()
    const { sessions } = source()
    const two = source({ sessions: { ...sessions, unfinalizedIds: async () => [ADA, 'ada0beef'] } })
    expect(await readAudit(two, 'ada0')).toBeUndefined()
  })

  it('of an id that no session ever had is not found', async () => {
    const { sessions } = source()
    const nothing = source({ sessions: { ...sessions, events: async () => [] } })
    expect(await readAudit(nothing, ADA)).toBeUndefined()
  })
})

describe('the screen', () => {
  it('chooses a session with the arrow keys, follows it with Enter, and goes back with Escape', () => {
    const rows = [session({ sessionId: 'a' }), session({ sessionId: 'b' })]
    const none = { sessionId: undefined, isFollowed: false }
    const first = focusAfter('down', none, rows)
    expect(first).toEqual({ sessionId: 'a', isFollowed: false })
    const second = focusAfter('down', first, rows)
    expect(focusAfter('down', second, rows)).toEqual({ sessionId: 'b', isFollowed: false })
    const followed = focusAfter('follow', second, rows)
    expect(followed).toEqual({ sessionId: 'b', isFollowed: true })
    expect(focusAfter('up', followed, rows)).toEqual(followed)
    expect(focusAfter('back', followed, rows)).toEqual(second)
    expect(focusAfter('follow', none, rows)).toEqual(none)
    expect(focusAfter('up', first, [])).toEqual(first)
  })

  it('reads several keys that arrive together, and leaves other input out', () => {
    expect(keysOf('\u001b[A\u001bOBj\rx\u001b')).toEqual(['up', 'down', 'down', 'follow', 'back'])
    expect([keysOf('q'), keysOf('\u0003'), keysOf('')]).toEqual([['quit'], ['quit'], []])
  })

  it('cuts each table, and keeps the slots and pods with a problem and the chosen session', () => {
    const pods = Array.from({ length: 9 }, (_, index) => ({
      ...{ name: `pod-${index}`, status: 'Running', isReady: index !== 8 },
      ...{ restarts: 0, createdAtMs: 0, node: 'n' },
    }))
    const sessions = Array.from({ length: 9 }, (_, index) => session({ sessionId: `${index}`.repeat(32) }))
    const slots = [...Array.from({ length: 8 }, (_, index) => warm(index)), starting(8)]
    const view = { nowMs: 0, slots, refill: REFILL, sessions, cluster: { pods, events: [] } }
    const lines = viewLines('x', view, '6'.repeat(32), 4)
    expect(lines.filter((line) => /^… and 5 more$/.test(line))).toHaveLength(3)
    expect(lines.some((line) => /^8 .* STARTING/.test(line))).toBe(true)
    expect(lines.some((line) => line.startsWith('> 66666666'))).toBe(true)
    expect(lines.some((line) => /^pod-8 .* no /.test(line))).toBe(true)
    expect(viewLines('x', view).some((line) => line.includes('more'))).toBe(false)
    expect([rowsPerTable(24), rowsPerTable(50)]).toEqual([4, 11])
  })

  it('wraps the facts of an audit', () => {
    expect(wrap('a long line', 4)).toEqual(['a lo', 'ng l', 'ine'])
    expect(wrap('', 4)).toEqual([''])
  })

  it('cuts a line to the width, and removes characters that would move the cursor', () => {
    expect(fit('a pod', 5)).toBe('a pod')
    expect(fit('a long line', 6)).toBe('a lon…')
    expect(fit('\u001b[2Ja\tb\u0007', 9)).toBe('a b ')
  })

  it.each([
    [-5, '0 s'],
    [4_400, '4 s'],
    [125_000, '2 min 5 s'],
    [3_600_000, '1 h'],
    [11_400_000, '3 h 10 min'],
    [176_400_000, '2 d 1 h'],
  ])('shows %i ms as %s', (ms, text) => {
    expect(age(ms)).toBe(text)
  })
})
