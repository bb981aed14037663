import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  after,
  apiError,
  claimed,
  dead,
  held,
  kill,
  LIVE,
  pong,
  reach,
  seen,
  unopened,
  waiting,
} from '../_util.ts'
import { PODS_TRIED } from './path.ts'
import type { Path, Phase } from './phase.ts'
import { claimOf, reduce } from './reducer.ts'
import type { VisitEvent } from './visit-event.ts'
import { START } from './visit-state.ts'

const starting = (atMs = 10): VisitEvent => ({ type: 'starting', session: waiting(), atMs })
const unreachable = (atMs = 0): VisitEvent => ({
  type: 'unreachable',
  atMs,
  random: 1,
  lastWorkedMs: undefined,
})
const DYING = [...LIVE, kill(6_000)]
const RECOVERING = [...DYING, dead(6_030)]

/** Every row of the table of states: how it is entered and left, by events alone. */
const ROWS: [string, VisitEvent[], Partial<Phase>][] = [
  ['idle until the tab is looked at', [], { status: 'idle', why: 'unseen' }],
  ['idle → requesting when it is', [seen], { status: 'requesting', attempt: 1 }],
  [
    'connecting → provisioning when another pod has to be started',
    [seen, claimed(1, 50), unopened(5_050), starting(5_100)],
    { status: 'provisioning' },
  ],
  ['idle → requesting on the button', [{ type: 'ask', atMs: 1 }], { status: 'requesting' }],
  [
    'requesting → connecting on an address',
    [seen, claimed(1, 50)],
    { status: 'connecting', step: 'opening' },
  ],
  ['requesting → provisioning without one', [seen, starting()], { status: 'provisioning' }],
  [
    'requesting → limited on too many claims',
    [seen, apiError('too_many_claims', 0, 42_000)],
    { status: 'limited', retryMs: 42_000 },
  ],
  [
    'requesting → exhausted at capacity',
    [seen, apiError('capacity', 0, 3_000)],
    { status: 'exhausted', retryMs: 4_500 },
  ],
  [
    'requesting → requesting on contention, later',
    [seen, apiError('contention', 0, 300)],
    { status: 'requesting', attempt: 2, notBeforeMs: 300 },
  ],
  [
    'requesting → failed on an error not worth retrying',
    [seen, apiError('bad_body')],
    { status: 'failed', requestId: 'r-7f3a' },
  ],
  [
    'requesting → a new secret when the session is over',
    [seen, apiError('session_over')],
    { status: 'requesting', fresh: true },
  ],
  [
    'requesting → offline when nothing answers',
    [seen, unreachable()],
    { status: 'offline', why: 'unreachable' },
  ],
  [
    'provisioning → connecting when it is ready',
    [seen, starting(), claimed(1, 4_000)],
    { status: 'connecting', askedMs: 0 },
  ],
  [
    'provisioning → failed after 90 s',
    [seen, starting(), { type: 'stuck', lastWorkedMs: 1 }],
    { status: 'failed', reason: 'stuck' },
  ],
  [
    'provisioning → idle on cancel, with a release',
    [seen, starting(), { type: 'cancel' }],
    { status: 'idle', why: 'cancelled', release: held().id },
  ],
  ['connecting → live on the first pong', [...LIVE], { status: 'live', sinceMs: 100 }],
  [
    'connecting → the same pod again after 5 s, with the same token',
    [seen, claimed(1, 50), unopened(5_050), { type: 'timer', atMs: 5_500 }],
    { status: 'connecting', step: 'opening', session: held(1) },
  ],
  [
    'connecting → another pod when the API does not reach this one',
    [seen, claimed(1, 50), unopened(5_050), reach('no_answer', 5_100)],
    { status: 'connecting', step: 'replacing', attempt: 1 },
  ],
  [
    'connecting → failed after more pods than the pool has, none of which the API reaches',
    [
      seen,
      claimed(1, 50),
      ...Array.from({ length: PODS_TRIED }, (_, i) => i + 2).flatMap((epoch) => [
        unopened(60, 1006),
        reach('no_answer', 70),
        claimed(epoch, 80),
      ]),
    ],
    { status: 'failed', reason: 'unopened' },
  ],
  [
    'connecting → idle when another tab took over',
    [seen, claimed(1, 50), unopened(60, 4002)],
    { status: 'idle', why: 'elsewhere' },
  ],
  [
    'live → degraded',
    [...LIVE, { type: 'slow', slow: { by: 'latency', p95Ms: 412 } }],
    { status: 'degraded' },
  ],
  [
    'degraded → live',
    [...LIVE, { type: 'slow', slow: { by: 'latency', p95Ms: 412 } }, { type: 'calm' }],
    { status: 'live', sinceMs: 100 },
  ],
  ['live → terminating on the click', DYING, { status: 'terminating' }],
  [
    'degraded → terminating on the click',
    [...LIVE, { type: 'slow', slow: { by: 'silence', share: 0.1 } }, kill(6_000)],
    { status: 'terminating' },
  ],
  [
    'terminating → recovering when the death is reported',
    RECOVERING,
    { status: 'recovering', step: 'claiming', replacing: 1 },
  ],
  [
    'terminating → live when the API refused',
    [...DYING, { type: 'spared', reason: 'too soon' }],
    { status: 'live' },
  ],
  [
    'recovering → connecting to the next pod',
    [...RECOVERING, claimed(2, 6_100)],
    { status: 'recovering', step: 'connecting', path: { connection: '2.1' } as Path },
  ],
  [
    'recovering → live on its pong',
    [...RECOVERING, claimed(2, 6_100), pong(6_200)],
    { status: 'live', sinceMs: 6_200 },
  ],
  [
    'recovering → waiting for Kubernetes',
    [...RECOVERING, { type: 'starting', session: waiting(2), atMs: 6_100 }],
    { status: 'recovering', step: 'starting' },
  ],
  [
    'recovering → another pod when the replacement never answers',
    [...RECOVERING, claimed(2, 6_100), unopened(11_100), reach('no_answer', 11_110)],
    { status: 'recovering', step: 'claiming', replacing: 2, attempt: 2 },
  ],
  [
    'recovering → exhausted, and back',
    [...RECOVERING, apiError('capacity', 6_100), { type: 'timer', atMs: 9_100 }],
    { status: 'recovering', step: 'claiming', replacing: 1 },
  ],
  [
    'recovering → limited',
    [...RECOVERING, apiError('too_many_recoveries', 6_100)],
    { status: 'limited', retryMs: 66_100 },
  ],
  [
    'live → lost when the pod announces its end',
    [...LIVE, dead(7_000)],
    { status: 'lost', step: 'claiming' },
  ],
  ['lost → live', [...LIVE, dead(7_000), claimed(2, 7_050), pong(7_100)], { status: 'live' }],
  [
    'live → idle when another tab took over',
    [...LIVE, dead(7_000, 4002)],
    { status: 'idle', why: 'elsewhere' },
  ],
  [
    'idle elsewhere → a session of its own',
    [...LIVE, dead(7_000, 4002), { type: 'ask', atMs: 8_000 }],
    { status: 'requesting', fresh: true },
  ],
  [
    'live → a new token when the old one has expired',
    [...LIVE, dead(7_000, 4004)],
    { status: 'connecting', step: 'rereading' },
  ],
  [
    'exhausted → requesting after the wait',
    [seen, apiError('capacity'), { type: 'timer', atMs: 3_000 }],
    { status: 'requesting', askedMs: 0 },
  ],
  [
    'limited → requesting after the wait',
    [seen, apiError('too_many_sessions'), { type: 'timer', atMs: 30_000 }],
    { status: 'requesting' },
  ],
  [
    'limited stays on a click',
    [seen, apiError('too_many_claims'), { type: 'ask', atMs: 1 }],
    { status: 'limited' },
  ],
  ['live → expiring', [...LIVE, { type: 'lease-low' }], { status: 'expiring', atLimit: false }],
  [
    'expiring → live when kept',
    [
      ...LIVE,
      { type: 'lease-low' },
      { type: 'extended', session: { ...waiting(), leaseEndsAt: '2026-11-23T12:10:00.000Z' } },
    ],
    { status: 'live' },
  ],
  [
    'expiring → at the limit',
    [...LIVE, { type: 'lease-low' }, { type: 'at-limit' }],
    { status: 'expiring', atLimit: true },
  ],
  [
    'expiring → terminating on a kill',
    [...LIVE, { type: 'lease-low' }, kill(9_000)],
    { status: 'terminating' },
  ],
  [
    'expiring → idle at zero, without another claim',
    [...LIVE, { type: 'lease-low' }, { type: 'lease-over' }, seen],
    { status: 'idle', why: 'expired', release: held().id },
  ],
  [
    'live → asleep when hidden for long',
    [...LIVE, { type: 'hidden-long' }],
    { status: 'asleep', release: held().id },
  ],
  [
    'asleep → requesting when visible',
    [...LIVE, { type: 'hidden-long' }, { type: 'seen', atMs: 600_000 }],
    { status: 'requesting', askedMs: 600_000 },
  ],
  ['live → offline', [...LIVE, { type: 'offline', atMs: 200 }], { status: 'offline', why: 'event' }],
  [
    'offline → the same session and pod first',
    [...LIVE, { type: 'offline', atMs: 200 }, { type: 'online', atMs: 300 }],
    { status: 'connecting', step: 'rejoining', session: held() },
  ],
  [
    'offline → the same session on the button',
    [...LIVE, { type: 'offline', atMs: 200 }, { type: 'ask', atMs: 300 }],
    { status: 'connecting', step: 'rejoining' },
  ],
  [
    'lost → offline when nothing answers, because the pod may be alive',
    [...LIVE, dead(7_000), unreachable(7_010)],
    { status: 'offline', why: 'unreachable', resume: { to: 'rejoin', session: held(), sinceMs: 7_000 } },
  ],
  [
    'offline → offline after any number of failed tries, once the visitor held a pod',
    [
      ...LIVE,
      dead(7_000),
      ...Array.from({ length: 20 }, () => [
        unreachable(7_010),
        { type: 'timer', atMs: 8_000 } as const,
      ]).flat(),
      unreachable(9_000),
    ],
    { status: 'offline', why: 'unreachable' },
  ],
  [
    'after an outage → another pod only when the old one does not answer',
    [
      ...LIVE,
      dead(7_000, 1006),
      unopened(7_005, 1006),
      unreachable(7_010),
      { type: 'timer', atMs: 8_000 },
      claimed(1, 8_010),
      unopened(8_020, 1006),
      reach('no_answer', 8_040),
    ],
    { status: 'connecting', step: 'replacing' },
  ],
  [
    'recovering → offline → recovering, with the same outage',
    [...RECOVERING, { type: 'offline', atMs: 6_100 }, { type: 'online', atMs: 9_000 }],
    { status: 'recovering', step: 'claiming' },
  ],
  [
    'left on pagehide, and claimed again when restored',
    [...LIVE, { type: 'left' }, { type: 'seen', atMs: 900 }],
    { status: 'requesting', fresh: false },
  ],
  [
    'failed → requesting on the click',
    [seen, apiError('bad_body'), { type: 'ask', atMs: 1 }],
    { status: 'requesting', attempt: 1 },
  ],
  [
    'failed stays failed when the tab is hidden or visible',
    [seen, apiError('bad_body'), { type: 'hidden-long' }, seen],
    { status: 'failed' },
  ],
]

describe(reduce, () => {
  it.each(ROWS)('%s', (_, events, expected) => {
    expect(after(...events).phase).toMatchObject(expected)
  })

  it('fails after six tries without an answer', () => {
    const retry: VisitEvent = { type: 'timer', atMs: 1 }
    const five = Array.from({ length: 5 }, () => [unreachable(), retry]).flat()
    expect(after(seen, ...five).phase).toMatchObject({ status: 'requesting', attempt: 6 })
    expect(after(seen, ...five, unreachable()).phase).toMatchObject({
      status: 'failed',
      reason: 'unreachable',
    })
  })

  it('resumes by itself when the API answers again, after a pause', () => {
    const retry: VisitEvent = { type: 'timer', atMs: 1 }
    const down = [seen, ...Array.from({ length: 5 }, () => [unreachable(), retry]).flat(), unreachable()]
    const answered = (atMs: number): VisitEvent => ({ type: 'answered', atMs })
    expect(after(...down, answered(11_999)).phase.status).toBe('failed')
    expect(after(...down, answered(12_000)).phase).toMatchObject({ status: 'requesting', attempt: 1 })
    expect(after(seen, apiError('bad_body'), answered(60_000)).phase.status).toBe('failed')
  })

  it('records no recovery for a pod that was only unreachable', () => {
    const visit = after(
      ...LIVE,
      dead(7_000),
      unreachable(7_010),
      { type: 'timer', atMs: 52_000 },
      claimed(1, 52_050),
      pong(52_100),
    )
    expect(visit).toMatchObject({ recoveries: [], phase: { status: 'live', session: held(1) } })
  })

  it('records that the API was unreachable during a recovery', () => {
    const visit = after(
      ...RECOVERING,
      unreachable(6_100),
      { type: 'timer', atMs: 9_000 },
      claimed(2, 9_010),
      pong(9_020),
    )
    expect(visit.recoveries[0]?.outage.unreached).toBe(true)
  })

  it('waits longer after each failure, with jitter over the whole wait', () => {
    const once = after(seen, unreachable(0)).phase
    const thrice = after(
      seen,
      ...Array.from({ length: 2 }, () => [unreachable(), { type: 'timer', atMs: 0 } as const]).flat(),
      unreachable(0),
    ).phase
    expect(once).toMatchObject({ retryMs: 800 })
    expect(thrice).toMatchObject({ retryMs: 3_200 })
  })

  it.for([
    [
      'another claim after ten minutes out of sight',
      [{ type: 'hidden-long' }, { type: 'seen', atMs: 9_000 }],
      9_200,
      200,
    ],
    ['a replacement by a fail-over', [kill(6_000), dead(6_010), claimed(2, 6_020)], 6_100, undefined],
    [
      'the same pod after an outage',
      [
        { type: 'offline', atMs: 200 },
        { type: 'online', atMs: 300 },
      ],
      9_200,
      100,
    ],
  ] as [string, VisitEvent[], number, number | undefined][])(
    'the time of a claim is that of its own pod: %s',
    ([name, events, atMs, ms]) => {
      const id = name.startsWith('another') ? 'b'.repeat(32) : held().id
      const epoch = name.startsWith('a replacement') ? 2 : 1
      const answer: VisitEvent = { type: 'claimed', session: held(epoch, { id }), atMs: atMs - 50 }
      const visit = after(...LIVE, ...events, answer, pong(atMs))
      expect(visit.phase).toMatchObject({ status: 'live', session: { id, epoch } })
      expect(claimOf(visit)?.ms).toBe(ms)
    },
  )

  it('has no time of a claim for a pod that the session had before a reload', () => {
    const visit = after(seen, claimed(2, 50), pong(100))
    expect(visit).toMatchObject({ answered: true, first: undefined })
  })

  it('fails over on request while Kubernetes heals the pod, and times the wait as a leg', () => {
    const waits = after(...LIVE, kill(6_000, 'crash', 'heal'), dead(6_020, 1006), {
      type: 'starting',
      session: waiting(2, [{ step: 'created', at: null }]),
      atMs: 6_050,
    })
    const switched = reduce(waits, { type: 'fail-over', atMs: 9_000 })
    expect(switched.phase).toMatchObject({ status: 'recovering', step: 'claiming', replacing: 2 })
    const visit = [claimed(3, 9_040), { type: 'opened', atMs: 9_050 } as const, pong(9_060)].reduce(
      reduce,
      switched,
    )
    expect(visit.recoveries[0]).toMatchObject({ epoch: 1, outage: { recover: 'failover' }, to: { epoch: 3 } })
    expect(visit.recoveries[0]?.legs.map(({ name, ms }) => [name, ms])).toEqual([
      ['told', 20],
      ['backoff', 2_980],
      ['claimed', 40],
      ['connected', 10],
      ['pong', 10],
    ])
  })

  it('does not fail over on request while another pod is claimed or connected', () => {
    const claiming = after(...LIVE, kill(6_000), dead(6_020))
    expect(reduce(claiming, { type: 'fail-over', atMs: 6_100 })).toBe(claiming)
    expect(reduce(after(...LIVE), { type: 'fail-over', atMs: 6_100 }).phase.status).toBe('live')
  })

  it('counts no time of the socket twice when the worker opened it before the page handled the claim', () => {
    const opened: VisitEvent = { type: 'opened', startedMs: 40, atMs: 70 }
    const visit = after({ type: 'seen', atMs: 0 }, claimed(1, 90), opened, pong(80))
    expect(visit.first).toMatchObject({ ms: 80, connectMs: 30 })
  })

  it('records the time from the request to the first pong once', () => {
    const visit = after(
      ...LIVE,
      { type: 'offline', atMs: 200 },
      { type: 'online', atMs: 300 },
      claimed(1, 350),
      pong(400),
    )
    expect(visit.first).toMatchObject({ ms: 100, atMs: 100 })
  })

  it('keeps a pause by hand when the focus leaves', () => {
    expect(after({ type: 'pause', by: 'focus' }, { type: 'resume', by: 'focus' }).paused).toBe('no')
    expect(
      after({ type: 'pause', by: 'hand' }, { type: 'pause', by: 'focus' }, { type: 'resume', by: 'focus' })
        .paused,
    ).toBe('hand')
    expect(after({ type: 'pause', by: 'focus' }, { type: 'resume', by: 'hand' }).paused).toBe('no')
  })

  it('changes phases while paused', () => {
    expect(after({ type: 'pause', by: 'hand' }, ...LIVE)).toMatchObject({
      paused: 'hand',
      phase: { status: 'live' },
    })
  })

  it('records legs that add up to the recovery', () => {
    const visit = after(
      ...RECOVERING,
      claimed(2, 6_051),
      { type: 'opened', atMs: 6_064 },
      { type: 'pong', atMs: 6_069, downMs: 90, lost: 1 },
    )
    const [receipt] = visit.recoveries
    expect(receipt?.legs).toEqual([
      { name: 'told', ms: 30 },
      { name: 'claimed', ms: 21 },
      { name: 'connected', ms: 13 },
      { name: 'pong', ms: 5 },
    ])
    expect(receipt).toMatchObject({ totalMs: 69, downMs: 90, lost: 1, epoch: 1 })
  })

  it('has the controller’s back-off as a leg of its own when Kubernetes heals', () => {
    const created = {
      type: 'starting',
      session: waiting(2, [{ step: 'created', at: '2026-11-23T12:00:10.000Z' }]),
      atMs: 16_000,
    } as const
    const visit = after(
      ...LIVE,
      kill(6_000, 'crash', 'heal'),
      dead(6_020, 1006),
      { type: 'starting', session: waiting(2, [{ step: 'created', at: null }]), atMs: 6_050 },
      created,
      { ...created, atMs: 16_500 },
      claimed(2, 17_500),
      { type: 'opened', atMs: 17_510 },
      pong(17_515),
    )
    expect(visit.recoveries[0]?.legs.map(({ name, ms }) => [name, ms])).toEqual([
      ['told', 20],
      ['backoff', 9_980],
      ['start', 1_500],
      ['connected', 10],
      ['pong', 5],
    ])
  })

  it('adds later how long Kubernetes took, and when the pool had recovered', () => {
    const visit = after(
      ...RECOVERING,
      claimed(2, 6_051),
      pong(6_069),
      { type: 'heals', heals: [{ epoch: 1, how: 'polite', healMs: 12_000 }] },
      { type: 'heals', heals: [] },
      { type: 'pool-recovered', epoch: 1, ms: 1_900 },
    )
    expect(visit.recoveries[0]).toMatchObject({ healMs: 12_000, poolRecoveredMs: 1_900 })
  })

  it('keeps its invariants under any events in any order', () => {
    const any = fc.constantFrom<VisitEvent>(
      seen,
      ...ROWS.flatMap(([, events]) => events),
      pong(1),
      claimed(3, 5),
      { type: 'opened', atMs: 3 },
      { type: 'heals', heals: [] },
      unopened(1),
      unreachable(),
    )
    fc.assert(
      fc.property(fc.array(any, { maxLength: 40 }), (events) => {
        let visit = START
        for (const event of events) {
          const before = visit
          visit = reduce(before, event)
          const { phase } = visit
          if ('attempt' in phase) expect(phase.attempt).toBeLessThanOrEqual(7)
          if ('sinceMs' in phase) expect(phase.session.pod.alias).toBeTruthy()
          for (const { legs, totalMs } of visit.recoveries)
            expect(legs.reduce((sum, { ms }) => sum + ms, 0)).toBeCloseTo(Math.max(0, totalMs), 6)
        }
      }),
      { numRuns: 500 },
    )
  })
})
