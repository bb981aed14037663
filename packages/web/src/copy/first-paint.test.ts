import { describe, expect, it } from 'vitest'
import { duration } from '../lib/format.ts'
import { after, apiError, claimed, dead, kill, LIVE, pong, seen, waiting } from '../visit/_util.ts'
import type { VisitEvent } from '../visit/state/visit-event.ts'
import * as later from './chapters.ts'
import * as diagram from './diagram.ts'
import * as sentences from './first-paint.ts'
import { headline, plain, printLegs, stepsLine, underline } from './first-paint.ts'

const DYING = [...LIVE, kill(6_000)]
const READ: [string, VisitEvent[], string, string | RegExp][] = [
  ['idle', [], 'A pod is waiting for you.', 'It is claimed when you look at this tab.'],
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
    'Kubernetes is healing your pod…',
    /Job controller waits 10 s/,
  ],
  [
    'healed after a reload',
    [seen, { type: 'starting', session: waiting(2), atMs: 1 }, claimed(2, 9_000), pong(9_100)],
    'You hold pod-2.',
    /./,
  ],
  [
    'healed and connecting',
    [...LIVE, kill(6_000, 'crash', 'heal'), dead(6_030, 1006), claimed(2, 18_000)],
    'Kubernetes healed pod-1. Connecting…',
    'The Job’s new pod is pod-2; the socket is opening.',
  ],
  [
    'left to heal for want of room',
    [...DYING, dead(6_030), { type: 'starting', session: waiting(2), atMs: 6_100 }],
    'Waiting for Kubernetes to heal pod-1…',
    /Job controller waits 10 s/,
  ],
  ['connecting', [seen, claimed(1, 5)], 'Connecting to pod-1…', /socket is opening/],
  [
    'live',
    [...LIVE],
    'You hold pod-1, one of four warm pods.',
    'First pong 100 ms after asking. Kill it and watch another take over.',
  ],
  [
    'degraded',
    [...LIVE, { type: 'slow', slow: { by: 'latency', p95Ms: 412.3 } }],
    'pod-1 is answering slowly.',
    /^p95 412 ms\. It could be your network/,
  ],
  ['terminating', DYING, 'You terminated pod-1.', /goodbye/],
  ['recovering', [...DYING, dead(6_030)], 'Getting you another pod…', 'Asking for the next one.'],
  [
    'back again',
    [...DYING, dead(6_030), claimed(2, 6_050), { type: 'opened', atMs: 6_060 }, pong(6_062)],
    'Back in 62 ms. You hold pod-2.',
    'Told 30 ms · claimed 20 ms · connected 10 ms · first pong 2 ms.',
  ],
  ['lost', [...LIVE, dead(7_000, 1006)], 'pod-1 went away by itself.', /^Same machinery, no button needed\./],
  ['exhausted', [seen, apiError('capacity')], 'Every pod we may run is in use.', /30 minutes/],
  [
    'limited',
    [seen, apiError('too_many_claims')],
    'That was a lot of pods.',
    /keeps the demo alive for everyone/,
  ],
  [
    'at most',
    [seen, apiError('too_many_sessions')],
    'Your network already holds three pods.',
    /as many as one network may hold/,
  ],
  ['expiring', [...LIVE, { type: 'lease-low' }], 'Your pod is given up in', /Keep it/],
  ['asleep', [...LIVE, { type: 'hidden-long' }], 'Your pod was given up while you were away.', /./],
  ['offline', [...LIVE, { type: 'offline', atMs: 1 }], 'You are offline.', 'The graph resumes by itself.'],
  ['failed', [seen, apiError('bad_body')], 'This demo is down.', 'about bad_body'],
]

describe('what a visitor reads', () => {
  it.each(READ)('when %s', (_, events, title, under) => {
    const visit = after(...events)
    expect(plain(headline(visit))).toBe(title)
    if (typeof under === 'string') expect(underline(visit)).toBe(under)
    else expect(underline(visit)).toMatch(under)
  })

  it('ticks only the steps that the cluster has reported', () => {
    const at = '2026-11-23T12:00:00Z'
    expect(
      stepsLine([
        { step: 'created', at },
        { step: 'scheduled', at },
        { step: 'started', at: null, problem: 'ImagePullBackOff' },
        { step: 'ready', at: null },
      ]),
    ).toBe('✓ created · ✓ scheduled · starting container · ImagePullBackOff')
  })

  it('prints legs that add up to what is printed as their sum', () => {
    const printed = printLegs([
      { name: 'told', ms: 1_773.4 },
      { name: 'claimed', ms: 60.4 },
      { name: 'connected', ms: 12.4 },
      { name: 'pong', ms: 2.4 },
    ])
    expect(printed.map(({ text }) => text)).toEqual(['1.78 s', '0.06 s', '0.01 s', 'under 0.01 s'])
    expect(duration(1_773.4 + 60.4 + 12.4 + 2.4)).toBe('1.85 s')
  })

  it('never shouts', () => {
    const all = JSON.stringify([sentences, diagram, later], (_, value) =>
      typeof value === 'function' ? String(value) : value,
    )
    expect(all.replaceAll(/!==?|!\w|\?\?/g, '')).not.toMatch(/[a-z]!|Oops/i)
  })
})
