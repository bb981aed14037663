import { LIMITS } from '@warm-pods/core/limits.ts'
import { expect, it } from 'vitest'
import {
  apiError,
  CUT_AT_ONCE,
  claimed,
  dead,
  kill,
  LIVE,
  pong,
  reach,
  seen,
  unopened,
  waiting,
} from './_util.ts'
import { eventMessages } from './event-messages.ts'
import { reduce } from './state/reducer.ts'
import type { VisitEvent } from './state/visit-event.ts'
import { START } from './state/visit-state.ts'

const HELD = `Your network already holds ${LIMITS.liveSessionsPerAddress} pods.`

/** Returns the log lines of a story; lines that a screen reader reads out are marked with ». */
function logOf(events: readonly VisitEvent[]): string[] {
  let visit = START
  return events.flatMap((event) => {
    const before = visit
    visit = reduce(before, event)
    return visit === before
      ? []
      : eventMessages(before, visit, event).map(({ text, say }) => (say ? `» ${text}` : text))
  })
}

it('logs each step of a kill once, in order', () => {
  const story: VisitEvent[] = [
    ...LIVE,
    kill(6_000, 'freeze'),
    { type: 'dead', atMs: 7_520, by: 'deadline', code: undefined, random: 1 },
    claimed(2, 7_560),
    { type: 'opened', atMs: 7_570 },
    { type: 'pong', atMs: 7_580, downMs: 1_600, lost: 7 },
    { type: 'pool-recovered', epoch: 1, ms: 9_200 },
    { type: 'heals', heals: [{ epoch: 1, how: 'freeze', healMs: 12_000 }] },
  ]
  expect(logOf(story)).toEqual([
    'Asked for a pod.',
    'Claimed pod-1, taken warm.',
    '» Connected to pod-1 after 100 ms.',
    '» Terminated pod-1 by a freeze.',
    `Noticed after 1.52 s that pod-1 was dead: ${LIMITS.deadAfterPings} pings missed their deadline.`,
    'Claimed pod-2, taken warm.',
    '» Connected to pod-2 after 1.58 s; 7 pings lost.',
    '» Pool refilled after ≈ 9 s.',
    'Kubernetes recreated the pod of pod-1’s Job in ≈ 12 s.',
  ])
})

it('logs no claim and no cold start for a reload during a heal', () => {
  const story: VisitEvent[] = [
    seen,
    { type: 'starting', session: waiting(2), atMs: 10 },
    claimed(2, 9_000),
    pong(9_100),
  ]
  expect(logOf(story)).toEqual([
    'Asked for a pod.',
    '» Kubernetes is recreating your pod.',
    'Kubernetes recreated your pod: pod-2 replaces it.',
    '» Connected to pod-2.',
  ])
})

it('logs how long the network was down, and that the pod is the same', () => {
  const story: VisitEvent[] = [
    ...LIVE,
    { type: 'dead', atMs: 7_000, by: 'deadline', code: undefined, random: 1 },
    { type: 'unreachable', atMs: 7_010, random: 1, lastWorkedMs: undefined },
    { type: 'timer', atMs: 50_000 },
    claimed(1, 50_100),
    { type: 'pong', atMs: 50_200, downMs: 45_000, lost: 170 },
  ]
  expect(logOf(story).slice(3)).toEqual([
    '» pod-1 stopped answering.',
    '» The demo does not answer; trying again.',
    'The network was down for 45 s.',
    '» Connected to pod-1 again.',
  ])
})

it('logs a slow pod once, not with every frame', () => {
  const slow: VisitEvent = { type: 'slow', slow: { by: 'latency', p95Ms: 400 } }
  expect(logOf([...LIVE, slow, slow, slow, { type: 'calm' }, { type: 'calm' }]).slice(3)).toEqual([
    '» pod-1 is answering slowly.',
    '» pod-1 is answering normally again.',
  ])
})

it.each<[VisitEvent[], string]>([
  [[...LIVE, dead(9_000)], '» pod-1 ended by itself.'],
  [
    [...LIVE, dead(9_000, 1006), unopened(9_005, 1006), reach('no_answer', 9_010)],
    '» pod-1 ended by itself.',
  ],
  [[...LIVE, dead(9_000, 1006), pong(9_048)], '» Connection cut; the same pod again after 48 ms: pod-1.'],
  [
    [...LIVE, dead(9_000, 1006), unopened(9_005, 1006)],
    '» The connection to pod-1 was cut; trying the same pod again.',
  ],
  [CUT_AT_ONCE, '» Your network blocks WebSockets.'],
  [
    [...CUT_AT_ONCE, { type: 'timer', atMs: 60_000 }, apiError('session_over', 60_010)],
    '» Your pod has ended. This browser could not open a WebSocket to it.',
  ],
  [
    [...CUT_AT_ONCE, { type: 'timer', atMs: 60_000 }, claimed(1, 60_010), pong(60_020)],
    '» Connected to pod-1.',
  ],
  [[...LIVE, { type: 'lease-low' }], '» Your pod ends in 30 s unless you keep it.'],
  [[...LIVE, { type: 'hidden-long' }], '» Your pod ended while you were away.'],
  [[...LIVE, { type: 'offline', atMs: 1 }], '» Offline. The graph resumes when you are online again.'],
  [[...LIVE, dead(9_000, 4002)], '» Another tab took over this session.'],
  [
    [seen, apiError('too_many_claims', 0, 42_000)],
    '» Your network took too many pods. You can get the next one in 42 s.',
  ],
  [[seen, apiError('too_many_sessions')], `» ${HELD} Trying again in 30 s.`],
  [[seen, apiError('too_many_sessions', 0, 90_000)], `» ${HELD} You can get the next one in at most 90 s.`],
  [[seen, apiError('capacity')], '» Every pod we may run is in use; waiting for one.'],
  [[seen, apiError('bad_body')], '» This demo is down.'],
  [[seen, apiError('session_over')], 'The session had ended; a new one begins.'],
  [
    [...LIVE, { type: 'offline', atMs: 1 }, { type: 'online', atMs: 2 }, claimed(1, 3), pong(4)],
    '» Connected to pod-1 again.',
  ],
])('ends a story with its last event (%#)', (events, last) => {
  expect(logOf(events).at(-1)).toBe(last)
})
