import { LIMITS } from '@warm-pods/core/limits.ts'
import { describe, expect, it } from 'vitest'
import { age } from '../lib/format.ts'
import {
  after,
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
} from '../visit/_util.ts'
import type { VisitEvent } from '../visit/state/visit-event.ts'
import { headline, plain, underline } from './headline-text.ts'
import { waitHelp } from './wait-help-text.ts'

const DYING = [...LIVE, kill(6_000)]
const READ: [string, VisitEvent[], string, string | RegExp][] = [
  ['idle', [], 'A pod is waiting for you.', 'You get one when you open this tab.'],
  ['requesting', [seen], 'Claiming a pod…', 'Usually well under a second.'],
  [
    'provisioning',
    [seen, { type: 'starting', session: waiting(), atMs: 1 }],
    'No warm pod left, so you get a cold one.',
    'asking the cluster',
  ],
  [
    'healing after a reload',
    [seen, { type: 'starting', session: waiting(2), atMs: 1 }],
    'Kubernetes is recreating your pod…',
    /Job controller waits 10 s/,
  ],
  [
    'healed after a reload',
    [seen, { type: 'starting', session: waiting(2), atMs: 1 }, claimed(2, 9_000), pong(9_100)],
    'You hold pod-2.',
    'Terminate it and watch another take over.',
  ],
  [
    'healed and connecting',
    [...LIVE, kill(6_000, 'crash', 'heal'), dead(6_030, 1006), claimed(2, 18_000)],
    'Kubernetes recreated pod-1. Connecting…',
    'The Job’s new pod is pod-2; the socket is opening.',
  ],
  [
    'waiting for the second heal of one Job',
    [
      ...[...LIVE, kill(6_000, 'crash', 'heal'), dead(6_030, 1006), claimed(2, 18_000), pong(18_100)],
      ...[kill(24_000, 'crash', 'heal'), dead(24_030, 1006)],
      { type: 'starting', session: waiting(3), atMs: 24_100 },
    ],
    'Waiting for Kubernetes to recreate pod-2…',
    /Job controller waits 20 s/,
  ],
  [
    'left to heal for want of room',
    [...DYING, dead(6_030), { type: 'starting', session: waiting(2), atMs: 6_100 }],
    'Waiting for Kubernetes to recreate pod-1…',
    /Job controller waits 10 s/,
  ],
  ['connecting', [seen, claimed(1, 5)], 'Connecting to pod-1…', /socket is opening/],
  [
    'live',
    [...LIVE],
    `You hold pod-1, from a pool of ${LIMITS.target} warm pods.`,
    'First reply 100 ms after asking. Terminate it and watch another take over.',
  ],
  [
    'degraded',
    [...LIVE, { type: 'slow', slow: { by: 'latency', p95Ms: 412.3 } }],
    'pod-1 is answering slowly.',
    /^p95 412 ms\. Your network may be the cause/,
  ],
  ['terminating', DYING, 'You terminated pod-1.', /announces its end/],
  ['recovering', [...DYING, dead(6_030)], 'Getting you another pod…', 'Asking the API for the next one.'],
  [
    'back again',
    [...DYING, dead(6_030), claimed(2, 6_050), { type: 'opened', atMs: 6_060 }, pong(6_062)],
    'Back in 62 ms. You hold pod-2.',
    'Noticed 30 ms · claimed 20 ms · connected 10 ms · first reply 2 ms.',
  ],
  [
    'lost',
    [...LIVE, dead(7_000)],
    'pod-1 ended by itself.',
    /^It failed on its own; recovery works the same way\./,
  ],
  [
    'reconnecting',
    [...LIVE, dead(7_000, 1006)],
    'Reconnecting to pod-1…',
    'The connection was cut. The page tries the same pod again.',
  ],
  [
    'lost after a cut',
    [...LIVE, dead(7_000, 1006), unopened(7_005, 1006), reach('no_answer', 7_010)],
    'pod-1 ended by itself.',
    /^It failed on its own; recovery works the same way\./,
  ],
  ['connecting, again', CUT_AT_ONCE.slice(0, 4), 'Connecting to pod-1…', /This is try 2/],
  ['blocked', CUT_AT_ONCE, 'Your network blocks WebSockets.', /^The page reaches the API/],
  [
    'the session ended in a blocked network',
    [...CUT_AT_ONCE, { type: 'timer', atMs: 60_000 }, apiError('session_over', 60_010)],
    'Your pod has ended.',
    /^This browser could not open a WebSocket to it\./,
  ],
  [
    'exhausted',
    [seen, apiError('capacity')],
    'Every pod we may run is in use.',
    new RegExp(`at most ${age(LIMITS.lifetimeMs)}`),
  ],
  [
    'limited',
    [seen, apiError('too_many_claims')],
    'Your network took too many pods.',
    /leaves pods for everyone/,
  ],
  [
    'at most',
    [seen, apiError('too_many_sessions')],
    `Your network already holds ${LIMITS.liveSessionsPerAddress} pods.`,
    /the limit for one network/,
  ],
  ['expiring', [...LIVE, { type: 'lease-low' }], 'Your pod ends in', /Keep it/],
  [
    'asleep',
    [...LIVE, { type: 'hidden-long' }],
    'Your pod ended while you were away.',
    new RegExp(`After ${age(LIMITS.hiddenMs)}`),
  ],
  [
    'offline',
    [...LIVE, { type: 'offline', atMs: 1 }],
    'You are offline.',
    'The graph resumes when you are online again.',
  ],
  ['failed', [seen, apiError('bad_body')], 'This demo is down.', 'about bad_body'],
]

describe('the headline and the line under it', () => {
  it.each(READ)('when %s', (_, events, title, under) => {
    const visit = after(...events)
    expect(plain(headline(visit))).toBe(title)
    const line = underline(visit) || waitHelp(visit)
    if (typeof under === 'string') expect(line).toBe(under)
    else expect(line).toMatch(under)
  })
})

it('states the size of the pool that the API reported', () => {
  expect(plain(headline(after(...LIVE), 40))).toBe('You hold pod-1, from a pool of 40 warm pods.')
})
